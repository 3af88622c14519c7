"""Drawings of things for desk, garden, bags and children."""

from deploy.local.shop.pictures.canvas import Canvas, dark, light


def notebook(c: Canvas, style: str, colour: str) -> None:
    c.rect(214, 132, 400, 560, "#221d2a", 12, opacity=0.16)
    c.rect(206, 122, 396, 560, "#f6f1e4", 8, stroke="#d8cfb9", stroke_width=2)
    for x in (594, 598):
        c.line(f"M{x} 130V676", "#d8cfb9", 2)
    c.rect(190, 110, 396, 560, c.shade(colour), 12, stroke=dark(colour, 0.3), stroke_width=2)
    c.rect(190, 110, 44, 560, dark(colour, 0.16), 12)
    c.line("M236 114V666", dark(colour, 0.35), 3, opacity=0.6)
    if style == "spiral":
        for y in range(140, 660, 34):
            c.circle(208, y, 7, "#efece6")
            c.line(f"M208 {y}q-34 -10 -30 6q4 10 30 4", "#9aa1a8", 5)
    else:
        c.line("M520 668V720L532 706L544 720V668", "#b53a35", 12)
    if style == "pocket":
        c.line("M540 112V668", dark(colour, 0.45), 13)
    else:
        c.rect(300, 230, 210, 110, "#f3ecda", 5, opacity=0.95)
        c.line("M328 268H482M328 300H440", "#8d8370", 5, opacity=0.7)


def pen(c: Canvas, style: str, colour: str) -> None:
    turn = "-38 400 400"
    c.rect(92, 392, 620, 42, "#221d2a", 21, opacity=0.13, turn=turn)
    c.rect(250, 372, 320, 52, c.shade(colour, upright=True), 10, turn=turn)
    c.rect(560, 368, 150, 60, c.shade(dark(colour, 0.08), upright=True), 24, turn=turn)
    c.rect(548, 366, 16, 64, "#c9b27c", 4, turn=turn)
    c.path("M690 376H600Q590 384 600 390H690Z", "#d3bd86", turn=turn)
    c.rect(236, 374, 16, 48, "#c9b27c", 3, turn=turn)
    if style == "fountain":
        c.path("M238 376L196 384L120 398L196 412L238 420Z", c.gradient("#f0dca6", "#b08f4a", upright=True), turn=turn)
        c.line("M190 398H126", "#6f5a2c", 2.5, turn=turn)
        c.circle(194, 398, 5, "#6f5a2c", turn=turn)
    elif style == "pencil":
        c.path("M238 378L160 394V402L238 418Z", "#cfd4d8", turn=turn)
        c.line("M160 398H122", "#3b3a40", 6, turn=turn)
    else:
        c.path("M238 376L150 392V404L238 420Z", c.shade(dark(colour, 0.05)), turn=turn)
        c.line("M150 398H132", "#8f959b", 8, turn=turn)
    c.line("M266 384H540", "#ffffff", 6, opacity=0.35, turn=turn)


def planter(c: Canvas, style: str, colour: str) -> None:
    c.shadow(400, 684, 175)
    leaves = (
        (-150, -200, -38),
        (150, -196, 38),
        (-84, -270, -18),
        (90, -264, 18),
        (0, -310, 0),
        (-190, -110, -58),
        (190, -104, 58),
    )
    for dx, dy, lean in leaves:
        x, y = 400 + dx, 420 + dy
        bend = 400 + dx * 0.3
        c.path(
            f"M400 430Q{bend:g} {y + 130} {x} {y}Q{x + 34 - lean} {y + 96} 400 430Z",
            c.gradient("#7f9a68", "#54704a"),
            stroke="#4b6442",
            stroke_width=2,
        )
        c.line(f"M400 430Q{bend + 6:g} {y + 120} {x} {y + 8}", "#a9bf92", 2.5, opacity=0.7)
    if style == "trough":
        c.path("M150 450H650L620 676H180Z", c.shade(colour))
        c.rect(136, 420, 528, 52, c.shade(light(colour, 0.08)), 10)
        return
    if style == "footed":
        c.line("M318 600L296 690M482 600L504 690", "#a9825a", 18)
        c.path("M240 410H560V590Q560 640 500 640H300Q240 640 240 590Z", c.shade(colour))
        c.ellipse(400, 410, 160, 24, dark(colour, 0.35))
        c.ellipse(400, 416, 146, 18, "#5b4636")
        return
    c.path("M258 460H542L506 684H294Z", c.shade(colour))
    c.rect(236, 412, 328, 66, c.shade(light(colour, 0.07)), 10)
    c.line("M300 490L318 660", "#ffffff", 13, opacity=0.2)


def watering_can(c: Canvas, style: str, colour: str) -> None:
    c.shadow(370, 668, 210)
    c.line("M300 300Q330 130 470 200Q560 260 500 420", dark(colour, 0.22), 24)
    c.path("M220 520L96 262L136 246L280 470Z", c.shade(dark(colour, 0.1)))
    if style == "rose":
        c.path("M70 290L156 220Q150 200 128 204L66 262Q56 280 70 290Z", c.shade(light(colour, 0.1)))
        for x, y in ((84, 266), (102, 250), (120, 234)):
            c.circle(x, y, 4, dark(colour, 0.5))
    c.path("M220 330H520V620Q520 668 472 668H268Q220 668 220 620Z", c.shade(colour))
    c.ellipse(370, 330, 150, 28, dark(colour, 0.35))
    c.path("M370 302Q520 302 520 330Q450 346 370 344Z", c.shade(light(colour, 0.14)))
    for y in (392, 610):
        c.line(f"M220 {y}Q370 {y + 26} 520 {y}", dark(colour, 0.3), 5, opacity=0.5)
    c.line("M258 400V590", "#ffffff", 15, opacity=0.26)


def garden_tool(c: Canvas, style: str, colour: str) -> None:
    turn = "32 400 400"
    c.rect(384, 60, 60, 250, "#221d2a", 28, opacity=0.13, turn=turn)
    handle = "M372 60Q400 40 428 60L436 290Q400 306 364 290Z"
    c.path(handle, c.shade("#c08f5c"), turn=turn)
    c.circle(400, 86, 8, "#efece6", turn=turn)
    c.rect(364, 284, 72, 36, "#b9a067", 6, turn=turn)
    c.rect(390, 316, 20, 110, c.shade(colour), turn=turn)
    if style == "fork":
        c.path("M310 420H490V450H310Z", c.shade(colour), turn=turn)
        for x in (322, 400, 478):
            c.path(f"M{x - 15} 440H{x + 15}L{x + 10} 660L{x} 706L{x - 10} 660Z", c.shade(colour), turn=turn)
    elif style == "transplanter":
        c.path("M350 420H450L446 650L400 730L354 650Z", c.shade(colour), turn=turn)
        for y in range(500, 650, 36):
            c.line(f"M372 {y}h24", dark(colour, 0.5), 4, turn=turn)
    else:
        c.path("M400 410Q486 420 480 540Q472 660 400 730Q328 660 320 540Q314 420 400 410Z", c.shade(colour), turn=turn)
        c.line("M400 440Q384 580 400 690", dark(colour, 0.35), 5, opacity=0.5, turn=turn)


def backpack(c: Canvas, style: str, colour: str) -> None:
    c.shadow(400, 690, 220)
    c.line("M340 150Q345 78 400 76Q455 78 460 150", dark(colour, 0.35), 17)
    strap = "#8a5c38"
    c.path("M232 300Q180 340 186 520L214 600L250 540Z", dark(colour, 0.3))
    c.path("M568 300Q620 340 614 520L586 600L550 540Z", dark(colour, 0.38))
    c.path(
        "M225 260Q225 130 400 130Q575 130 575 260V630Q575 690 515 690H285Q225 690 225 630Z",
        c.shade(colour),
        stroke=dark(colour, 0.3),
        stroke_width=2,
    )
    if style == "roll":
        c.path(
            "M232 130H568Q590 150 568 176H232Q210 150 232 130Z",
            c.shade(dark(colour, 0.1)),
            stroke=dark(colour, 0.35),
            stroke_width=2,
        )
        c.rect(382, 120, 30, 250, strap, 5)
        c.rect(374, 300, 46, 34, "#c9b27c", 5)
    else:
        c.path(
            "M220 256Q222 120 400 122Q578 120 580 256V390Q400 440 220 390Z",
            c.shade(light(colour, 0.06)),
            stroke=dark(colour, 0.35),
            stroke_width=2,
        )
        for x in (300, 474):
            c.rect(x, 330, 26, 140, strap, 5)
            c.rect(x - 8, 420, 42, 30, "#c9b27c", 5)
    c.path(
        "M270 480H530V640Q530 656 514 656H286Q270 656 270 640Z",
        dark(colour, 0.06),
        stroke=dark(colour, 0.32),
        stroke_width=2,
    )
    c.seam("M282 496H518", light(colour, 0.3))
    c.seam("M240 270V620M560 270V620", light(colour, 0.3))


def tote(c: Canvas, style: str, colour: str) -> None:
    c.shadow(400, 690, 225)
    strap = dark(colour, 0.2) if style == "plain" else "#8a5c38"
    c.line("M292 300Q296 90 400 88Q504 90 508 300", dark(strap, 0.15), 24)
    d = "M190 280H610L588 668Q400 706 212 668Z"
    c.path(d, c.shade(colour), stroke=dark(colour, 0.28), stroke_width=2)
    c.line("M292 280V372M508 280V372", strap, 26)
    c.seam("M196 300H604", dark(colour, 0.45))
    if style == "pocket":
        c.path("M290 400H510V590Q400 612 290 590Z", light(colour, 0.06), stroke=dark(colour, 0.32), stroke_width=2)
        c.seam("M300 418H500", dark(colour, 0.45))
    elif style == "zip":
        c.line("M206 330H594", "#9aa1a8", 10)
        c.line("M560 330v46", "#c9b27c", 9)
    c.line("M236 420Q250 540 232 640M566 420Q552 540 570 640", dark(colour, 0.3), 8, opacity=0.18)


def pouch(c: Canvas, style: str, colour: str) -> None:
    c.shadow(400, 624, 250)
    d = "M150 290H650V560Q650 620 590 620H210Q150 620 150 560Z"
    if style == "roll":
        c.path(
            "M190 300Q190 230 260 230H540Q610 230 610 300V560Q610 624 540 624H260Q190 624 190 560Z",
            c.shade(colour),
            stroke=dark(colour, 0.3),
            stroke_width=2,
        )
        for x in (290, 480):
            c.rect(x, 226, 34, 402, "#8a5c38", 6)
            c.rect(x - 8, 400, 50, 36, "#c9b27c", 6)
        c.ellipse(610, 427, 26, 196, dark(colour, 0.2))
        c.ellipse(612, 427, 14, 120, dark(colour, 0.4))
        return
    c.path(d, c.shade(colour), stroke=dark(colour, 0.3), stroke_width=2)
    c.path("M150 290Q400 250 650 290V340H150Z", c.shade(dark(colour, 0.08)))
    c.line("M165 316H640", "#9aa1a8", 11)
    c.line("M640 316q40 14 34 66", "#8a5c38", 13)
    c.seam("M170 356H630M166 596H634", light(colour, 0.32))
    if style == "handle":
        c.line("M150 400Q84 404 88 470Q92 536 150 536", "#8a5c38", 22)
    c.rect(350, 440, 100, 60, "#8a5c38", 6, opacity=0.9)


def bottle(c: Canvas, style: str, colour: str) -> None:
    c.shadow(400, 708, 125)
    if style == "flask":
        c.rect(310, 90, 180, 120, c.shade("#b7bdc3"), 22)
        c.rect(296, 200, 208, 508, c.shade(colour), 34)
        c.rect(296, 560, 208, 12, light(colour, 0.5), opacity=0.5)
    elif style == "wide":
        c.line("M340 130Q346 70 400 68Q454 70 460 130", dark(colour, 0.3), 18)
        c.rect(324, 112, 152, 84, c.shade(dark(colour, 0.2)), 14)
        c.path(
            "M300 236Q302 200 340 196H460Q498 200 500 236L516 660Q516 708 470 708H330Q284 708 284 660Z", c.shade(colour)
        )
    else:
        c.rect(356, 76, 88, 78, c.shade("#c08f5c"), 12)
        c.path(
            "M362 150H438V220Q516 270 516 360V656Q516 708 464 708H336Q284 708 284 656V360Q284 270 362 220Z",
            c.shade(colour),
        )
    c.line("M328 330V640", "#ffffff", 18, opacity=0.28)


def toy(c: Canvas, style: str, colour: str) -> None:
    paint = ("#b25d3c", "#cc9d3e", "#6f7d4c", "#33415e", "#9cb9cf")
    if style == "blocks":
        c.shadow(400, 664, 260)
        places = ((170, 520), (330, 520), (490, 520), (250, 376), (410, 376), (330, 232))
        for index, (x, y) in enumerate(places):
            tone = paint[index % 5] if index % 2 else colour
            c.rect(x, y, 144, 140, c.shade(tone), 10, stroke=dark(tone, 0.3), stroke_width=2)
            c.path(f"M{x} {y + 8}l18 -22h138l-12 22Z", light(tone, 0.25))
        return
    if style == "tower":
        c.shadow(400, 676, 210)
        c.rect(386, 150, 28, 500, c.shade(colour), 12)
        c.rect(230, 634, 340, 42, c.shade(colour), 16)
        for index, width in enumerate((280, 244, 208, 172, 136)):
            c.rect(400 - width / 2, 558 - index * 78, width, 74, c.shade(paint[index]), 34)
        c.circle(400, 196, 46, c.shade(colour))
        return
    c.shadow(400, 624, 280)
    body = "M120 500Q120 420 200 412L262 300Q276 276 306 276H486Q520 276 540 304L606 404Q690 410 690 480V560H120Z"
    c.path(body, c.shade(colour))
    c.grain((110, 270, 700, 570), dark(colour, 0.5), c.clip(body))
    c.path("M290 318H388V404H240Z", "#f1ede2")
    c.path("M412 318H490L550 404H412Z", "#f1ede2")
    for x in (240, 570):
        c.circle(x, 560, 78, c.shade("#4a4c52"))
        c.circle(x, 560, 44, c.shade(paint[0]))
        c.circle(x, 560, 12, light(colour, 0.3))
