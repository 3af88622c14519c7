"""Drawings of things for the home."""

from math import cos, pi, sin

from deploy.local.shop.pictures.canvas import Canvas, dark, light


def cushion(c: Canvas, style: str, colour: str) -> None:
    c.shadow(400, 654, 250)
    long = style == "bolster"
    d = (
        (
            "M110 330Q100 270 160 276Q400 250 640 276Q700 270 690 330Q668 440 690 560Q700 622 640 616Q400 "
            "640 160 616Q100 622 110 560Q132 440 110 330Z"
        )
        if long
        else (
            "M150 180Q140 130 196 140Q400 168 604 140Q660 130 650 180Q622 400 650 610Q660 660 604 650Q400 "
            "624 196 650Q140 660 150 610Q178 400 150 180Z"
        )
    )
    c.path(d, c.shade(colour), stroke=dark(colour, 0.3), stroke_width=3)
    clip = c.clip(d)
    if style == "striped":
        for x in range(150, 660, 64):
            c.rect(x, 120, 22, 560, light(colour, 0.55), clip=clip, opacity=0.7)
    elif style == "piped":
        c.line(d, dark(colour, 0.35), 9)
    c.line(
        "M196 190Q260 230 300 300M604 190Q540 230 500 300M196 606Q250 570 280 520M604 606Q550 570 520 520",
        dark(colour, 0.35),
        7,
        opacity=0.2,
        clip=clip,
    )
    c.ellipse(330, 330, 130, 90, "#ffffff", opacity=0.07, clip=clip)


def throw(c: Canvas, style: str, colour: str) -> None:
    c.shadow(400, 640, 280)
    for index, y in enumerate((520, 430, 340)):
        tone = dark(colour, 0.14 - index * 0.06)
        d = f"M135 {y + 26}Q135 {y} 165 {y}H640Q672 {y} 672 {y + 45}Q672 {y + 92} 640 {y + 92}H165Q135 {y + 92} 135 {y + 66}Z"
        c.path(d, c.shade(tone), stroke=dark(colour, 0.3), stroke_width=2)
    c.path(
        "M135 366Q150 250 240 240H610Q672 244 672 330V352H165Z",
        c.shade(light(colour, 0.08)),
        stroke=dark(colour, 0.3),
        stroke_width=2,
    )
    for x in range(142, 240, 13):
        c.line(f"M{x} 610q-5 18 2 38", dark(colour, 0.1), 5)
    if style == "herringbone":
        for y in range(262, 600, 20):
            c.line(f"M210 {y}" + "l14 10l14 -10" * 15, light(colour, 0.5), 2.5, opacity=0.35)
    elif style == "bordered":
        c.line("M610 244Q640 262 640 340V604", light(colour, 0.6), 14, opacity=0.8)
        c.line("M580 244Q608 262 608 340V604", light(colour, 0.6), 6, opacity=0.8)
    else:
        for y in range(270, 600, 26):
            c.line(f"M160 {y}H660", dark(colour, 0.3), 2, opacity=0.2)


def lamp(c: Canvas, style: str, colour: str) -> None:
    c.glow(400, 390, 370, "#ffefc0")
    c.shadow(400, 682, 150)
    if style == "globe":
        c.path("M292 520H508L530 668Q400 700 270 668Z", c.shade(colour))
        c.ellipse(400, 520, 108, 18, light(colour, 0.2))
        c.circle(400, 370, 162, c.gradient("#fffdf4", "#f0dfae"))
        c.ellipse(350, 310, 50, 36, "#ffffff", opacity=0.8)
        return
    c.rect(388, 380, 24, 280, c.shade(dark(colour, 0.1)), 8)
    c.path("M285 664Q285 640 320 640H480Q515 640 515 664V676H285Z", c.shade(colour))
    if style == "task":
        c.line("M400 600L300 360L470 200", dark(colour, 0.05), 20)
        c.circle(300, 360, 17, light(colour, 0.3))
        c.path("M430 170L520 140Q600 190 600 300L420 260Z", c.shade(colour))
        c.path("M420 260L600 300Q520 330 420 260Z", "#fff1c4")
        return
    c.path("M290 150H510L600 400Q400 436 200 400Z", c.gradient("#fffaf0", "#ead9b4"), stroke="#d8c59c", stroke_width=2)
    c.ellipse(400, 150, 110, 16, "#fffdf6")
    c.line("M200 400Q400 436 600 400", "#d2bd8d", 5)
    c.line("M455 420V470", "#a58f5f", 3)
    c.circle(455, 476, 7, "#a58f5f")


def candle(c: Canvas, style: str, colour: str) -> None:
    if style == "pillar":
        c.shadow(400, 664, 150)
        c.path("M280 280H520V640Q400 676 280 640Z", c.shade(colour))
        c.ellipse(400, 280, 120, 28, light(colour, 0.35))
        c.ellipse(400, 284, 70, 14, light(colour, 0.6))
    elif style == "taper":
        c.shadow(400, 668, 190)
        for x in (300, 400, 500):
            c.path(f"M{x - 17} 270L{x - 25} 610H{x + 25}L{x + 17} 270Z", c.shade(colour))
            c.ellipse(x, 270, 17, 6, light(colour, 0.4))
            c.path(f"M{x - 62} 640Q{x} 590 {x + 62} 640Q{x} 676 {x - 62} 640Z", c.shade("#b8925a"))
            _flame(c, x, 262)
        return
    else:
        c.shadow(400, 654, 180)
        c.path(
            "M240 300H560V600Q560 648 512 648H288Q240 648 240 600Z",
            "#f7f4ec",
            opacity=0.75,
            stroke="#cfc9ba",
            stroke_width=4,
        )
        c.path("M254 360H546V596Q546 634 510 634H290Q254 634 254 596Z", c.shade(colour))
        c.ellipse(400, 360, 146, 28, light(colour, 0.4))
        c.ellipse(400, 300, 160, 32, "none", stroke="#cfc9ba", stroke_width=6)
        c.rect(310, 440, 180, 120, "#fbf8ef", 6, opacity=0.92)
        c.line("M340 480H460M355 506H445M370 530H430", "#8d8370", 5, opacity=0.8)
    _flame(c, 400, 352 if style == "jar" else 276)


def _flame(c: Canvas, x: float, y: float) -> None:
    c.glow(x, y - 50, 170, "#ffe39a")
    c.line(f"M{x} {y}v-26", "#3b3430", 5)
    c.path(
        f"M{x} {y - 110}Q{x + 36} {y - 52} {x + 18} {y - 28}Q{x} {y - 8} {x - 18} {y - 28}Q{x - 36} {y - 52} {x} {y - 110}Z",
        c.gradient("#fff4c0", "#f4a63c", upright=True),
    )
    c.ellipse(x, y - 36, 9, 18, "#ffffff", opacity=0.7)


def vase(c: Canvas, style: str, colour: str) -> None:
    c.shadow(400, 676, 150)
    stems = ((400, 110, 0), (330, 160, -14), (470, 150, 13), (365, 90, -6), (440, 96, 7))
    for x, y, lean in stems:
        c.line(f"M400 400Q{400 + lean * 2} 280 {x} {y}", "#7d8460", 5)
        for step in range(5):
            part = 0.2 + step * 0.17
            lx, ly = x + (400 - x) * part, y + (400 - y) * part * 0.8
            side = 1 if step % 2 else -1
            c.ellipse(lx + 15 * side, ly, 19, 8, "#94a07a", turn=f"{side * -32} {lx + 15 * side:g} {ly:g}")
    d = {
        "bottle": "M362 300H438L436 420Q540 470 528 590Q520 676 440 676H360Q280 676 272 590Q260 470 364 420Z",
        "cylinder": "M300 330H500V640Q500 676 464 676H336Q300 676 300 640Z",
    }.get(
        style,
        "M330 330Q340 390 290 440Q232 520 290 620Q312 676 360 676H440Q488 676 510 620Q568 520 510 440Q460 390 470 330Z",
    )
    c.path(d, c.shade(colour))
    clip = c.clip(d)
    c.speckles((250, 330, 550, 670), dark(colour, 0.5), 80, clip)
    mouth, y = {"bottle": (38, 300), "cylinder": (100, 330)}.get(style, (70, 330))
    c.ellipse(400, y, mouth, mouth * 0.2, dark(colour, 0.45), stroke=light(colour, 0.2), stroke_width=5)
    c.line("M318 500Q312 570 338 630", "#ffffff", 14, opacity=0.25)


def basket(c: Canvas, style: str, colour: str) -> None:
    c.shadow(400, 668, 220)
    if style == "handles":
        c.line(
            "M218 360Q150 270 232 262Q276 268 270 340M582 360Q650 270 568 262Q524 268 530 340", dark(colour, 0.22), 22
        )
    elif style == "lid":
        c.path("M180 330Q400 180 620 330Z", c.shade(light(colour, 0.06)), stroke=dark(colour, 0.3), stroke_width=2)
        c.circle(400, 250, 20, dark(colour, 0.25))
    else:
        c.line("M225 340Q230 110 400 106Q570 110 575 340", dark(colour, 0.2), 26)
    d = "M180 330H620Q640 500 572 650Q400 690 228 650Q160 500 180 330Z"
    c.path(d, c.shade(colour), stroke=dark(colour, 0.3), stroke_width=2)
    clip = c.clip(d)
    for row, y in enumerate(range(348, 680, 27)):
        for x in range(150 + 22 * (row % 2), 660, 44):
            c.path(
                f"M{x} {y}q22 -18 44 0q-22 18 -44 0Z",
                light(colour, 0.14),
                clip=clip,
                stroke=dark(colour, 0.32),
                stroke_width=2,
            )
    c.line("M180 332Q400 372 620 332", dark(colour, 0.25), 22)
    c.line("M186 326Q400 364 614 326", light(colour, 0.2), 5, opacity=0.6)


def clock(c: Canvas, style: str, colour: str) -> None:
    c.circle(416, 420, 275, "#221d2a", opacity=0.15)
    c.circle(400, 400, 275, c.shade(colour))
    c.circle(400, 400, 240, "#faf7ef" if style != "bare" else light(colour, 0.1))
    if style == "bare":
        clip = c.clip("M125 400a275 275 0 1 0 550 0a275 275 0 1 0 -550 0")
        c.grain((125, 125, 675, 675), dark(colour, 0.5), clip)
    for hour in range(12):
        angle = hour * pi / 6
        long = 44 if hour % 3 == 0 else 22
        x1, y1, x2, y2 = (400 + r * f(angle) * s for r in (222, 222 - long) for f, s in ((sin, 1), (cos, -1)))
        c.line(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}", "#3c3a3f", 9 if hour % 3 == 0 else 5)
    if style == "minutes":
        for minute in range(60):
            angle = minute * pi / 30
            c.circle(round(400 + 228 * sin(angle), 1), round(400 - 228 * cos(angle), 1), 2, "#3c3a3f")
    c.line("M400 400L292 322", "#2d2b30", 13)
    c.line("M400 400L520 266", "#2d2b30", 8)
    c.circle(400, 400, 14, "#b25d3c")
