"""A square sheet to draw a product on: shapes in shades of one colour, light from the upper left."""

from collections.abc import Sequence
from html import escape
from random import Random

SIZE = 800
Point = tuple[float, float]


def mix(colour: str, other: str, part: float) -> str:
    """``colour`` with ``part`` (0 to 1) of ``other`` in it; both ``#rrggbb``."""
    channels = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in channels)


def light(colour: str, part: float) -> str:
    return mix(colour, "#ffffff", part)


def dark(colour: str, part: float) -> str:
    return mix(colour, "#1c1a22", part)


class Canvas:
    """Collects shapes; ``svg`` is the picture. Coordinates are 0 to 800, y downwards."""

    def __init__(self, title: str, backdrop: str) -> None:
        self._title = title
        self._defs: list[str] = []
        self._shapes: list[str] = []
        self._gradients: dict[tuple[str, str, str], str] = {}
        self._wall(backdrop)

    def _wall(self, colour: str) -> None:
        tint = mix("#f1eee8", colour, 0.13)
        self._defs.append(
            f'<radialGradient id="w" cx=".4" cy=".35" r=".85"><stop offset="0" stop-color="{light(tint, 0.55)}"/>'
            f'<stop offset="1" stop-color="{dark(tint, 0.06)}"/></radialGradient>'
        )
        self._shapes.append(f'<rect width="{SIZE}" height="{SIZE}" fill="url(#w)"/>')

    def shadow(self, x: float, y: float, rx: float, ry: float = 22) -> None:
        """The shadow of something that stands at (x, y)."""
        for grow, opacity in ((1.18, 0.07), (1.0, 0.10), (0.8, 0.12)):
            self._shapes.append(
                f'<ellipse cx="{x}" cy="{y}" rx="{rx * grow:g}" ry="{ry * grow:g}" fill="#221d2a" opacity="{opacity}"/>'
            )

    def shade(self, colour: str, *, upright: bool = False) -> str:
        """A fill that goes from light to dark, left to right, or ``upright`` from top to bottom."""
        return self.gradient(light(colour, 0.16), dark(colour, 0.17), upright=upright)

    def gradient(self, first: str, last: str, *, upright: bool = False) -> str:
        """A fill that goes from ``first`` to ``last``."""
        direction = 'x2="0" y2="1"' if upright else 'x2="1" y2=".25"'
        key = (first, last, direction)
        if key not in self._gradients:
            name = f"g{len(self._gradients)}"
            self._gradients[key] = f"url(#{name})"
            stops = f'<stop stop-color="{first}"/><stop offset="1" stop-color="{last}"/>'
            self._defs.append(f'<linearGradient id="{name}" x1="0" y1="0" {direction}>{stops}</linearGradient>')
        return self._gradients[key]

    def glow(self, x: float, y: float, r: float, colour: str) -> None:
        """Light around a lamp or a flame."""
        name = f"l{len(self._defs)}"
        stops = (
            f'<stop stop-color="{colour}" stop-opacity=".75"/><stop offset="1" stop-color="{colour}" stop-opacity="0"/>'
        )
        self._defs.append(f'<radialGradient id="{name}">{stops}</radialGradient>')
        self.circle(x, y, r, f"url(#{name})")

    def clip(self, d: str) -> str:
        """The name of a clip along a path, for ``clip`` of the other methods."""
        name = f"c{len(self._defs)}"
        self._defs.append(f'<clipPath id="{name}"><path d="{d}"/></clipPath>')
        return name

    def path(self, d: str, fill: str = "none", **more: str | float) -> None:
        self._shapes.append(f'<path d="{d}" fill="{fill}"{_attributes(more)}/>')

    def line(self, d: str, colour: str, width: float = 3, **more: str | float) -> None:
        """A stroke with round ends along a path; ``dash="8 6"`` makes it a seam."""
        ends: dict[str, str | float] = {"stroke_linecap": "round", "stroke_linejoin": "round"}
        self._shapes.append(
            f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}"{_attributes(ends | more)}/>'
        )

    def seam(self, d: str, colour: str) -> None:
        """A line of stitches."""
        self.line(d, colour, 2, dash="7 6", opacity=0.6)

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: str, **more: str | float) -> None:
        self._shapes.append(
            f'<ellipse cx="{x:g}" cy="{y:g}" rx="{rx:g}" ry="{ry:g}" fill="{fill}"{_attributes(more)}/>'
        )

    def circle(self, x: float, y: float, r: float, fill: str, **more: str | float) -> None:
        self.ellipse(x, y, r, r, fill, **more)

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, r: float = 0, **more: str | float
    ) -> None:
        self._shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{r:g}" fill="{fill}"{_attributes(more)}/>'
        )

    def polygon(self, points: Sequence[Point], fill: str, **more: str | float) -> None:
        listed = " ".join(f"{x:g},{y:g}" for x, y in points)
        self._shapes.append(f'<polygon points="{listed}" fill="{fill}"{_attributes(more)}/>')

    def ribs(self, xs: Sequence[float], y1: float, y2: float, colour: str, **more: str | float) -> None:
        """Upright lines, as of a ribbed hem."""
        for x in xs:
            self.line(f"M{x:g} {y1:g}V{y2:g}", colour, 3, opacity=0.35, **more)

    def speckles(self, box: tuple[float, float, float, float], colour: str, count: int, clip: str) -> None:
        """Dots as in a stoneware glaze, inside ``box`` (x1, y1, x2, y2) and the clip."""
        random = Random(count)
        x1, y1, x2, y2 = box
        for _ in range(count):
            x, y = random.uniform(x1, x2), random.uniform(y1, y2)
            self.circle(round(x, 1), round(y, 1), random.choice((1.4, 1.9, 2.6)), colour, opacity=0.35, clip=clip)

    def grain(self, box: tuple[float, float, float, float], colour: str, clip: str, gap: float = 17) -> None:
        """Lines as in a plank that lies across, inside ``box`` and the clip."""
        random = Random(7)
        x1, y, x2, y2 = box
        while y < y2:
            bend, width = random.uniform(-9, 9), random.uniform(1.2, 3)
            middle = (x1 + x2) / 2
            d = f"M{x1:g} {y:.1f}Q{middle:g} {y + bend:.1f} {x2:g} {y + bend / 3:.1f}"
            self.line(d, colour, round(width, 1), opacity=0.28, clip=clip)
            y += gap * random.uniform(0.6, 1.4)

    def svg(self) -> str:
        """The whole picture."""
        shapes = "\n".join(self._shapes)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}" role="img">'
            f"<title>{escape(self._title)}</title>\n<defs>{''.join(self._defs)}</defs>\n{shapes}\n</svg>\n"
        )


def _attributes(more: dict[str, str | float]) -> str:
    """Keyword arguments as attributes: ``stroke_width`` is stroke-width, ``clip`` and ``dash`` are short for theirs."""
    written = []
    for name, value in more.items():
        if name == "clip":
            written.append(f' clip-path="url(#{value})"')
        elif name == "dash":
            written.append(f' stroke-dasharray="{value}"')
        elif name == "turn":
            written.append(f' transform="rotate({value})"')
        else:
            written.append(f' {name.replace("_", "-")}="{value}"')
    return "".join(written)
