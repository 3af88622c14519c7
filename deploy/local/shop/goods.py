"""What the demo shop's products are composed of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from deploy.local.shop.pictures.canvas import Canvas


@dataclass(frozen=True)
class Colour:
    """A colour as customers read it, a short code for SKUs, and ``#rrggbb`` for the picture."""

    name: str
    code: str
    hex: str


@dataclass(frozen=True)
class Material:
    """What something is made of: the word in titles, the phrase after "in" or "of", and what is true of it.

    ``about`` and ``care`` are alternatives, each one or two whole sentences. ``factor`` scales the price.
    """

    word: str
    phrase: str
    about: tuple[str, ...]
    care: tuple[str, ...]
    colours: tuple[Colour, ...]
    factor: float = 1.0


@dataclass(frozen=True)
class Style:
    """A shape that a kind of thing comes in. ``line`` goes on after "A shirt in linen, ..."; ``about`` is sentences.

    ``picture`` tells the drawing which shape to draw; ``price`` is in cents. Without ``sized`` it comes in one size only.
    """

    noun: str
    price: int
    line: str
    about: tuple[str, ...]
    picture: str
    sized: bool = True

    @property
    def plural(self) -> bool:
        """Whether the noun names several things, such as socks."""
        return self.noun.endswith("s")


@dataclass(frozen=True)
class Sizes:
    """The option that a kind comes in beside its colour: values, each with the factor of its price."""

    name: str
    values: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Kind:
    """A kind of thing: how it is called, filed, described, priced and drawn.

    ``purposes`` go on after "Alderley is a shirt ..."; ``making`` are sentences; ``measures`` returns sentences for one
    product; ``sets`` gives the materials of a style by its noun where not all go with it; ``care`` replaces the material's.
    """

    code: str
    category: str
    styles: tuple[Style, ...]
    materials: tuple[Material, ...]
    purposes: tuple[str, ...]
    making: tuple[str, ...]
    measures: Callable[[Random], str]
    draw: Callable[[Canvas, str, str], None]
    sizes: Sizes | None = None
    most_colours: int = 4
    joint: str = "in"
    sets: Mapping[str, tuple[Material, ...]] | None = None
    care: tuple[str, ...] = ()

    def pairs(self) -> list[tuple[Style, Material]]:
        """Every style with every material that goes with it."""
        chosen = self.sets or {}
        return [(style, material) for style in self.styles for material in chosen.get(style.noun, self.materials)]
