"""Drawings of things for kitchen and table."""

from deploy.local.shop.pictures.canvas import Canvas, dark, light


def mug(c: Canvas, style: str, colour: str) -> None:
    c.shadow(390, 632, 190)
    width, top = {"espresso": (150, 290), "cup": (120, 350)}.get(style, (165, 210))
    left, right = 375 - width, 375 + width
    if style != "cup":
        _handle(c, colour, right, top)
    d = f"M{left} {top}V560Q{left} 632 {left + 75} 632H{right - 75}Q{right} 632 {right} 560V{top}Z"
    c.path(d, c.shade(colour))
    clip = c.clip(d)
    if style == "enamel":
        c.ellipse(375, top, width, 44, dark(colour, 0.6))
        c.ellipse(375, top + 3, width - 9, 38, light(colour, 0.72))
        c.ellipse(375, top, width, 44, "none", stroke=dark(colour, 0.55), stroke_width=10)
    else:
        c.path(f"M{left} 566H{right}V640H{left}Z", "#c9ad86", clip=clip, opacity=0.9)
        c.speckles((left, top, right, 620), dark(colour, 0.6), 70, clip)
        c.ellipse(375, top, width, 44, light(colour, 0.28))
        drink = ("#4a3327", "#6a4a36") if style != "cup" else (dark(colour, 0.22), light(colour, 0.1))
        c.ellipse(375, top + 4, width - 13, 36, drink[0])
        c.ellipse(365, top + 14, width - 40, 22, drink[1], opacity=0.6)
    c.line(f"M{left + 34} {top + 80}V520", "#ffffff", 16, opacity=0.25)


def _handle(c: Canvas, colour: str, right: float, top: float) -> None:
    c.line(
        (
            f"M{right - 6} {top + 90}Q{right + 125} {top + 70} {right + 112} {top + 190}Q{right + 96} "
            f"{top + 280} {right - 14} {top + 290}"
        ),
        dark(colour, 0.16),
        38,
    )
    c.line(
        f"M{right - 4} {top + 82}Q{right + 118} {top + 66} {right + 104} {top + 186}",
        light(colour, 0.2),
        9,
        opacity=0.7,
    )


def bowl(c: Canvas, style: str, colour: str) -> None:
    c.shadow(400, 600, 200)
    width, depth = {"serving": (300, 230), "pasta": (290, 150)}.get(style, (225, 235))
    y = 590 - depth
    d = (
        f"M{400 - width} {y}Q{400 - width * 0.86:g} 590 {400 - width * 0.4:g} 590H{400 + width * 0.4:g}"
        f"Q{400 + width * 0.86:g} 590 {400 + width} {y}Z"
    )
    c.path(d, c.shade(colour))
    clip = c.clip(d)
    c.path("M100 566H700V600H100Z", "#c9ad86", clip=clip, opacity=0.85)
    c.speckles((400 - width, y, 400 + width, 570), dark(colour, 0.55), 90, clip)
    c.ellipse(400, y, width, width * 0.2, light(colour, 0.3))
    c.ellipse(400, y + 8, width - 14, width * 0.2 - 10, dark(colour, 0.18))
    c.ellipse(400, y + 20, width * 0.74, width * 0.11, dark(colour, 0.05), opacity=0.7)
    c.line(
        f"M{400 - width + 46} {y + 62}Q{400 - width * 0.72:g} 520 {400 - width * 0.5:g} 556",
        "#ffffff",
        13,
        opacity=0.22,
    )


def plate(c: Canvas, style: str, colour: str) -> None:
    r = {"dinner": 290, "side": 225}.get(style, 262)
    c.circle(414, 416, r, "#221d2a", opacity=0.14)
    c.circle(408, 409, r, "#221d2a", opacity=0.1)
    c.circle(400, 400, r, c.shade(light(colour, 0.12)))
    c.circle(400, 400, r - 6, "none", stroke="#b4946a", stroke_width=5, opacity=0.7)
    c.circle(400, 400, r * 0.7, c.shade(dark(colour, 0.05)))
    c.circle(404, 404, r * 0.66, c.shade(light(colour, 0.16)))
    clip = c.clip(f"M{400 - r} 400a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0")
    c.speckles((400 - r, 400 - r, 400 + r, 400 + r), dark(colour, 0.55), 130, clip)
    if style == "serving":
        c.circle(400, 400, r * 0.85, "none", stroke=dark(colour, 0.25), stroke_width=7, opacity=0.5)


def teapot(c: Canvas, style: str, colour: str) -> None:
    c.shadow(390, 622, 215)
    c.line("M232 330Q110 330 118 440Q126 540 250 530", dark(colour, 0.14), 32)
    c.path("M545 470Q620 440 640 350L704 336Q700 500 560 560Z", c.shade(dark(colour, 0.06)))
    c.ellipse(671, 343, 34, 11, dark(colour, 0.5), turn="-12 671 343")
    round_ = style != "cylinder"
    d = (
        "M390 260Q600 270 592 460Q586 620 470 620H310Q194 620 188 460Q180 270 390 260Z"
        if round_
        else "M225 285H555V570Q555 620 505 620H275Q225 620 225 570Z"
    )
    c.path(d, c.shade(colour))
    clip = c.clip(d)
    c.speckles((190, 260, 590, 610), dark(colour, 0.55), 90, clip)
    c.ellipse(390, 286, 118, 25, dark(colour, 0.24))
    c.path("M276 282Q390 196 504 282Q390 318 276 282Z", c.shade(light(colour, 0.1)))
    c.circle(390, 220, 27, "#a87a4d" if style == "cylinder" else dark(colour, 0.08))
    c.line("M252 380Q246 470 284 560", "#ffffff", 16, opacity=0.24)


def pan(c: Canvas, style: str, colour: str) -> None:
    c.path("M520 520L700 712Q722 736 744 714Q764 692 742 668L556 486Z", c.shade(dark(colour, 0.1)))
    c.ellipse(716, 688, 11, 15, "#efece6", turn="-45 716 688")
    r = 250
    c.circle(354, 360, r, "#221d2a", opacity=0.14)
    c.circle(340, 345, r, c.shade(light(colour, 0.1)))
    c.circle(340, 345, r - 20, c.shade(dark(colour, 0.28)))
    c.circle(346, 351, r - 46, dark(colour, 0.12))
    for ring in (70, 120, 170):
        c.circle(346, 351, ring, "none", stroke=light(colour, 0.25), stroke_width=2, opacity=0.22)
    c.line("M165 270Q195 190 275 160", "#ffffff", 13, opacity=0.22)
    if style == "grill":
        clip = c.clip("M142 351a204 204 0 1 0 408 0a204 204 0 1 0 -408 0")
        for x in range(150, 560, 34):
            c.line(f"M{x} 130V580", dark(colour, 0.55), 12, clip=clip)
            c.line(f"M{x + 5} 130V580", light(colour, 0.22), 3, clip=clip, opacity=0.6)


def board(c: Canvas, style: str, colour: str) -> None:
    if style == "round":
        d = "M130 400a270 270 0 1 0 540 0a270 270 0 1 0 -540 0"
    elif style == "paddle":
        d = (
            "M215 240Q215 205 250 205H550Q585 205 585 240V650Q585 685 550 685H250Q215 685 215 650ZM350 212"
            "L362 112Q366 76 400 76Q434 76 438 112L450 212Z"
        )
    else:
        d = "M110 250Q110 220 140 220H660Q690 220 690 250V570Q690 600 660 600H140Q110 600 110 570Z"
    c.path(d, "#221d2a", opacity=0.16, transform="translate(14 18)")
    c.path(d, dark(colour, 0.3), transform="translate(5 8)")
    c.path(d, c.shade(colour))
    c.grain((100, 70, 700, 700), dark(colour, 0.5), c.clip(d))
    if style == "paddle":
        c.circle(400, 122, 15, "#efece6")
    elif style == "juice":
        c.rect(140, 250, 520, 320, "none", 22, stroke=dark(colour, 0.32), stroke_width=10, opacity=0.7)
    else:
        c.circle(560 if style == "round" else 650, 245 if style == "round" else 260, 15, "#efece6")


def knife(c: Canvas, style: str, colour: str) -> None:
    blade = {
        "bread": "M62 338H505V424H96Q62 404 62 338Z",
        "paring": "M230 372Q330 336 505 340V424H330Q260 420 230 372Z",
    }.get(style, "M95 420Q210 318 505 318V440H190Q130 440 95 420Z")
    for d, offset in ((blade, "translate(8 16)"),):
        c.path(d, "#221d2a", opacity=0.15, transform=offset)
    c.rect(512, 340, 205, 84, "#221d2a", 22, opacity=0.15)
    c.path(blade, c.gradient("#eef1f3", "#9aa4ac", upright=True), stroke="#8a949c", stroke_width=1.5)
    c.line("M240 344Q360 330 500 330", "#ffffff", 5, opacity=0.7)
    if style == "bread":
        teeth = "".join("q9 13 18 0" for _ in range(22))
        c.path(f"M100 421{teeth}V412H100Z", "#c2cad0", stroke="#8a949c", stroke_width=1.5)
    c.rect(496, 326, 22, 100, "#c9b27c", 4)
    handle = "M514 330Q620 318 700 334Q724 344 722 380Q720 424 690 430Q610 418 514 424Z"
    c.path(handle, c.shade(colour, upright=True))
    c.grain((514, 326, 722, 432), dark(colour, 0.5), c.clip(handle), gap=12)
    for x in (560, 620, 680):
        c.circle(x, 377, 8, "#cfb677", stroke=dark(colour, 0.4), stroke_width=1.5)


def carafe(c: Canvas, style: str, colour: str) -> None:
    c.shadow(400, 660, 150)
    if style == "tumblers":
        for x, y in ((300, 0), (500, 20)):
            d = f"M{x - 92} {300 + y}L{x - 74} {600 + y}Q{x} {628 + y} {x + 74} {600 + y}L{x + 92} {300 + y}Z"
            c.path(d, light(colour, 0.35), opacity=0.55, stroke=dark(colour, 0.2), stroke_width=3)
            c.path(
                f"M{x - 84} {430 + y}L{x - 74} {596 + y}Q{x} {622 + y} {x + 74} {596 + y}L{x + 84} {430 + y}Z",
                mix_water(colour),
                opacity=0.55,
            )
            c.ellipse(x, 430 + y, 84, 17, "#ffffff", opacity=0.5)
            c.ellipse(x, 300 + y, 92, 20, "none", stroke=dark(colour, 0.2), stroke_width=5)
            c.line(f"M{x - 62} {340 + y}L{x - 54} {560 + y}", "#ffffff", 10, opacity=0.6)
        return
    neck = 62 if style == "decanter" else 78
    d = (
        f"M{400 - neck} 130L{400 - neck + 8} 300Q240 380 252 560Q258 660 330 660H470Q542 660 548 560Q560 "
        f"380 {400 + neck - 8} 300L{400 + neck} 130Z"
    )
    c.path(d, light(colour, 0.35), opacity=0.6, stroke=dark(colour, 0.22), stroke_width=4)
    c.path(
        "M262 455Q252 520 256 572Q264 650 332 652H468Q536 650 544 572Q548 520 538 455Z", mix_water(colour), opacity=0.6
    )
    c.ellipse(400, 455, 138, 22, "#ffffff", opacity=0.45)
    c.ellipse(400, 130, neck, 14, "none", stroke=dark(colour, 0.25), stroke_width=6)
    c.line("M292 440Q280 540 300 610M346 160L352 290", "#ffffff", 12, opacity=0.65)
    if style == "carafe":
        c.path("M334 88Q400 70 466 88L458 140Q400 156 342 140Z", c.shade("#b98e5d"))


def mix_water(colour: str) -> str:
    """The colour of water seen through tinted glass."""
    return light(dark(colour, 0.1), 0.25)


def apron(c: Canvas, style: str, colour: str) -> None:
    c.line("M325 178Q310 70 400 66Q490 70 475 178", dark(colour, 0.3), 13)
    c.line("M245 372Q150 390 120 470M555 372Q650 390 680 470", dark(colour, 0.24), 12)
    d = "M318 170H482Q492 300 566 360L590 690Q400 712 210 690L234 360Q308 300 318 170Z"
    c.path(d, "#221d2a", opacity=0.13, transform="translate(10 14)")
    c.path(d, c.shade(colour), stroke=dark(colour, 0.28), stroke_width=2)
    c.seam("M330 186H470M228 672Q400 694 572 672", dark(colour, 0.45))
    c.path("M290 430H510V565Q400 588 290 565Z", light(colour, 0.05), stroke=dark(colour, 0.32), stroke_width=2)
    c.line("M400 432V576", dark(colour, 0.32), 2)
    if style == "striped":
        clip = c.clip(d)
        for x in range(220, 590, 26):
            c.line(f"M{x} 160V710", light(colour, 0.65), 4, clip=clip, opacity=0.55)
    for x in (318, 482):
        c.circle(x, 184, 9, "#c5a158")


def towel(c: Canvas, style: str, colour: str) -> None:
    c.rect(90, 128, 620, 15, "#a9825a", 7)
    c.shadow(400, 716, 190, 14)
    edge = dark(colour, 0.26)
    c.path("M262 135H575V560Q420 578 262 560Z", c.shade(dark(colour, 0.14)))
    d = "M235 138Q235 124 250 124H538Q552 124 552 138V690Q395 708 235 690Z"
    c.path(d, c.shade(colour), stroke=edge, stroke_width=2)
    clip = c.clip(d)
    if style == "waffle":
        for at in range(240, 560, 22):
            c.line(f"M{at} 120V705", edge, 2, clip=clip, opacity=0.4)
        for at in range(130, 700, 22):
            c.line(f"M230 {at}H560", edge, 2, clip=clip, opacity=0.4)
    else:
        for y in (590, 612, 640):
            c.rect(230, y, 330, 10, light(colour, 0.5) if style == "tea" else dark(colour, 0.12), clip=clip)
    c.line("M320 150Q312 400 322 680M470 150Q480 400 468 682", dark(colour, 0.3), 8, opacity=0.16)
