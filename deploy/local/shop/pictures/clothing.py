"""Drawings of clothing: laid flat, seen from above."""

from deploy.local.shop.pictures.canvas import Canvas, dark, light

BODY = "M300 175 C340 205 460 205 500 175 L585 210 L560 340 L562 650 Q400 672 238 650 L240 340 L215 210Z"
LONG_LEFT = "M300 175 L218 208 Q150 400 122 600 L188 618 Q228 470 262 350Z"
LONG_RIGHT = "M500 175 L582 208 Q650 400 678 600 L612 618 Q572 470 538 350Z"
SHORT_LEFT = "M300 175 L218 208 L128 352 L208 400 L256 330Z"
SHORT_RIGHT = "M500 175 L582 208 L672 352 L592 400 L544 330Z"


def _sleeves(c: Canvas, colour: str, *, long: bool) -> None:
    left, right = (LONG_LEFT, LONG_RIGHT) if long else (SHORT_LEFT, SHORT_RIGHT)
    c.path(left, c.shade(dark(colour, 0.06)), stroke=dark(colour, 0.25), stroke_width=2)
    c.path(right, c.shade(dark(colour, 0.12)), stroke=dark(colour, 0.3), stroke_width=2)
    if long:
        c.seam("M128 582L194 600M672 582L606 600", dark(colour, 0.4))
    else:
        c.seam("M140 334L218 382M660 334L582 382", dark(colour, 0.4))


def _body(c: Canvas, colour: str) -> None:
    c.path(BODY, c.shade(colour), stroke=dark(colour, 0.25), stroke_width=2)
    c.seam("M242 632Q400 654 558 632", dark(colour, 0.4))
    c.line("M256 345Q262 480 256 600M544 345Q538 480 544 600", dark(colour, 0.3), 3, opacity=0.35)


def shirt(c: Canvas, style: str, colour: str) -> None:
    c.shadow(400, 668, 230, 16)
    _sleeves(c, colour, long=style != "camp")
    _body(c, colour)
    edge = dark(colour, 0.32)
    c.path("M386 192H416V655Q400 657 386 656Z", light(colour, 0.08), stroke=edge, stroke_width=1.5)
    for y in (250, 325, 400, 475, 550, 620):
        c.circle(401, y, 7, light(colour, 0.62), stroke=dark(colour, 0.45), stroke_width=1.5)
    if style == "band":
        c.path("M322 168Q400 212 478 168L484 190Q400 236 316 190Z", light(colour, 0.12), stroke=edge, stroke_width=2)
    elif style == "camp":
        c.path("M318 170Q352 200 400 262L330 258L290 190Z", light(colour, 0.14), stroke=edge, stroke_width=2)
        c.path("M482 170Q448 200 400 262L470 258L510 190Z", light(colour, 0.06), stroke=edge, stroke_width=2)
        c.path("M318 170Q400 205 482 170Q445 205 400 262Q355 205 318 170Z", dark(colour, 0.28))
    else:
        c.path("M318 168Q360 196 400 218L345 262L296 186Z", light(colour, 0.14), stroke=edge, stroke_width=2)
        c.path("M482 168Q440 196 400 218L455 262L504 186Z", light(colour, 0.06), stroke=edge, stroke_width=2)
        for x in (282, 446):
            c.path(f"M{x} 300H{x + 74}V372L{x + 37} 392L{x} 372Z", light(colour, 0.05), stroke=edge, stroke_width=2)
            c.seam(f"M{x} 318H{x + 74}", edge)


def tee(c: Canvas, style: str, colour: str) -> None:
    c.shadow(400, 668, 230, 16)
    _sleeves(c, colour, long=style == "long")
    _body(c, colour)
    c.path("M300 175C340 205 460 205 500 175L478 167Q400 212 322 167Z", dark(colour, 0.3))
    c.line("M308 178Q400 262 492 178", light(colour, 0.1), 17)
    c.line("M302 184Q400 276 498 184", dark(colour, 0.28), 2, opacity=0.7)
    if style == "pocket":
        c.path("M445 300H530V388L488 408L445 388Z", light(colour, 0.06), stroke=dark(colour, 0.3), stroke_width=2)
        c.seam("M445 318H530", dark(colour, 0.4))


def sweater(c: Canvas, style: str, colour: str) -> None:
    c.shadow(400, 668, 235, 16)
    _sleeves(c, colour, long=True)
    _body(c, colour)
    rib, edge = dark(colour, 0.16), dark(colour, 0.4)
    c.path("M239 604L238 652Q400 674 562 652L561 604Q400 626 239 604Z", rib)
    c.ribs(range(254, 556, 14), 614, 658, edge)
    for x1, x2, y in ((124, 190, 574), (610, 676, 574)):
        slant = 16 if x1 < 400 else -16
        left = y if slant > 0 else y - slant
        c.path(f"M{x1} {left}L{x2} {left + slant}L{x2 - 2} {left + slant + 42}L{x1 - 2} {left + 42}Z", rib)
    for row in range(250, 596, 24):
        c.line(f"M262 {row}{'l9 9l9 -9' * 15}", dark(colour, 0.25), 2, opacity=0.22)
    if style == "roll":
        c.path(
            "M322 128Q400 150 478 128L492 196Q400 240 308 196Z",
            c.shade(light(colour, 0.06)),
            stroke=edge,
            stroke_width=2,
        )
        c.ribs(range(336, 472, 13), 146, 206, edge)
    elif style == "cardigan":
        c.path("M322 168L400 330L478 168L500 175Q470 260 414 345V660H386V345Q330 260 300 175Z", rib)
        c.path("M322 168Q400 206 478 168L400 330Z", dark(colour, 0.45))
        for y in (372, 440, 508, 576, 636):
            c.circle(400, y, 10, light(colour, 0.5), stroke=edge, stroke_width=2)
    else:
        c.path("M306 178Q400 138 494 178Q400 250 306 178Z", dark(colour, 0.42))
        c.line("M308 178Q400 262 492 178", rib, 24)
        c.line("M302 190Q400 284 498 190", edge, 2, opacity=0.5)


def beanie(c: Canvas, style: str, colour: str) -> None:
    c.shadow(400, 640, 215)
    top = 210 if style == "fisherman" else 150
    c.path(
        f"M205 500Q205 {top} 400 {top}Q595 {top} 595 500Z", c.shade(colour), stroke=dark(colour, 0.3), stroke_width=2
    )
    for x in range(-5, 6):
        bow = x * 36
        c.line(f"M{400 + bow} 500Q{400 + bow * 0.95:g} {top + 90} 400 {top + 4}", dark(colour, 0.4), 3, opacity=0.35)
    c.rect(190, 475, 420, 150, c.shade(light(colour, 0.06)), 34, stroke=dark(colour, 0.35), stroke_width=2)
    c.ribs(range(212, 600, 17), 490, 612, dark(colour, 0.42))
    if style == "bobble":
        for angle in range(0, 360, 12):
            c.line("M400 140V76", light(colour, 0.2 if angle % 24 else 0.05), 9, turn=f"{angle} 400 140")
        c.circle(400, 140, 46, light(colour, 0.14))
    c.rect(515, 560, 54, 34, "#efe8d8", 3, opacity=0.95)


def scarf(c: Canvas, style: str, colour: str) -> None:
    """Folded twice over a bar, both ends hanging down."""
    c.rect(120, 132, 560, 14, "#a9825a", 7)
    c.shadow(400, 716, 170, 12)
    edge = dark(colour, 0.32)
    _scarf_end(c, style, dark(colour, 0.12), edge, left=402, bottom=560)
    _scarf_end(c, style, colour, edge, left=266, bottom=640)
    c.path(
        "M262 150Q262 122 300 122H536Q562 122 562 150Q562 172 536 168H300Q262 172 262 150Z",
        c.shade(light(colour, 0.08)),
    )
    c.line("M290 138Q420 130 548 140", dark(colour, 0.3), 3, opacity=0.4)


def _scarf_end(c: Canvas, style: str, colour: str, edge: str, *, left: int, bottom: int) -> None:
    right = left + 158
    for x in range(left + 5, right, 11):
        c.line(f"M{x} {bottom - 4}q{3 if x % 2 else -3} 24 0 {50 + x % 3 * 4}", dark(colour, 0.08), 4)
    d = f"M{left} 140H{right}V{bottom}Q{left + 79} {bottom + 7} {left} {bottom}Z"
    c.path(d, c.shade(colour), stroke=edge, stroke_width=2)
    clip = c.clip(d)
    if style == "checked":
        for y in range(180, bottom, 92):
            c.rect(left, y, 160, 34, light(colour, 0.55), clip=clip, opacity=0.4)
            c.rect(left, y + 62, 160, 6, light(colour, 0.7), clip=clip, opacity=0.6)
        for x in (left + 26, left + 100):
            c.rect(x, 140, 30, bottom - 130, light(colour, 0.55), clip=clip, opacity=0.4)
        c.rect(left + 76, 140, 5, bottom - 130, light(colour, 0.7), clip=clip, opacity=0.6)
    elif style == "striped":
        for y in (bottom - 100, bottom - 58):
            c.rect(left, y, 160, 24, light(colour, 0.65), clip=clip, opacity=0.9)
    for x in (left + 40, left + 112):
        c.line(f"M{x} 180Q{x + 8} {bottom - 200} {x - 4} {bottom - 20}", dark(colour, 0.3), 7, opacity=0.16)


def socks(c: Canvas, style: str, colour: str) -> None:
    c.shadow(390, 678, 245, 18)
    for dx, dy, tone in ((-105, -14, dark(colour, 0.1)), (85, 12, colour)):
        x, y = 300 + dx, 130 + dy
        d = (
            f"M{x} {y}H{x + 140}V{y + 330}Q{x + 150} {y + 380} {x + 215} {y + 412}Q{x + 300} {y + 460} "
            f"{x + 268} {y + 512}Q{x + 230} {y + 545} {x + 150} {y + 530}Q{x + 40} {y + 515} {x + 8} "
            f"{y + 420}Q{x} {y + 380} {x} {y + 330}Z"
        )
        c.path(d, c.shade(tone), stroke=dark(colour, 0.35), stroke_width=2)
        clip = c.clip(d)
        c.rect(x, y, 142, 74, light(colour, 0.28) if style == "hiking" else light(colour, 0.08), clip=clip)
        c.ribs(range(x + 10, x + 138, 14), y + 4, y + (72 if style == "hiking" else 300), dark(colour, 0.4))
        contrast = light(colour, 0.45) if style == "hiking" else dark(colour, 0.22)
        c.circle(x + 50, y + 480, 82, contrast, clip=clip, opacity=0.75)
        c.circle(x + 290, y + 500, 78, contrast, clip=clip, opacity=0.75)
