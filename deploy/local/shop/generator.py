"""The products themselves: each follows from the seed and its number alone, so any number of them takes no memory."""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from math import gcd
from random import Random

from deploy.local.shop import texts
from deploy.local.shop.goods import Colour, Kind, Material, Style
from deploy.local.shop.kinds import KINDS
from deploy.local.shop.names import NAMES
from deploy.local.shop.pictures.canvas import Canvas

SOLD_OUT = 0.05
"""Part of the variants that are not in stock."""
_STEP = next(step for step in range(7, len(NAMES)) if gcd(step, len(NAMES)) == 1)
"""Distance of the names of neighbours; sharing no divisor with the number of names, it reaches them all."""


@dataclass(frozen=True)
class Picture:
    """A drawing: its file name says all that it shows, so products that look the same share it."""

    kind: Kind
    style: Style
    material: Material
    colour: Colour

    @property
    def file_name(self) -> str:
        return f"{slug(self.style.noun)}-{slug(self.material.word)}-{slug(self.colour.name)}.svg"

    def svg(self) -> str:
        """The drawing as SVG."""
        canvas = Canvas(f"{self.style.noun}, {self.material.word}, {self.colour.name.lower()}", self.colour.hex)
        self.kind.draw(canvas, self.style.picture, self.colour.hex)
        return canvas.svg()


@dataclass(frozen=True)
class DemoVariant:
    """A product in one choice of colour and size; ``price`` in cents."""

    sku: str
    option_values: tuple[tuple[str, str], ...]
    price: int
    stock: int


@dataclass(frozen=True)
class DemoProduct:
    """A product with everything that the shop needs to know of it; ``category`` is a slug."""

    slug: str
    title: str
    short_description: str
    description: str
    category: str
    pictures: tuple[Picture, ...]
    options: tuple[tuple[str, tuple[str, ...]], ...]
    variants: tuple[DemoVariant, ...]


class Shop:
    """The demo shop of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    @cached_property
    def _turns(self) -> list[tuple[Kind, Style, Material]]:
        """Every kind, style and material that go together; all kinds have their turn before one has its second."""
        queues = []
        for kind in KINDS:
            pairs = [(kind, style, material) for style, material in kind.pairs()]
            Random(f"{self._seed} {kind.code}").shuffle(pairs)
            queues.append(pairs)
        return [turn for turns in zip_longest(*queues) for turn in turns if turn is not None]

    @cached_property
    def _names(self) -> list[str]:
        return Random(f"names {self._seed}").sample(NAMES, len(NAMES))

    @property
    def capacity(self) -> int:
        """How many products there can be."""
        return len(self._turns) * len(NAMES)

    def products(self, count: int) -> Iterator[DemoProduct]:
        """The first ``count`` products; ValueError beyond the capacity."""
        if count > self.capacity:
            raise ValueError(f"there are names for {self.capacity} products only")
        return (self.product(number) for number in range(count))

    def title(self, number: int) -> str:
        """The title of the product with this number; no other has it."""
        _, style, material = self._turns[number % len(self._turns)]
        return texts.title(self._name(number), style, material)

    def product(self, number: int) -> DemoProduct:
        """The product with this number, from 0."""
        kind, style, material = self._turns[number % len(self._turns)]
        name = self._name(number)
        random = Random(f"{self._seed} {number}")
        title = self.title(number)
        address = slug(title)
        colours = _some(material.colours, kind.most_colours, random)
        return DemoProduct(
            slug=address,
            title=title,
            short_description=texts.short(kind, style, material),
            description=texts.long(name, kind, style, material, random),
            category=kind.category,
            pictures=tuple(Picture(kind, style, material, colour) for colour in colours),
            options=_options(kind, style, colours),
            variants=tuple(_variants(article(kind, address), kind, style, material, colours, random)),
        )

    def _name(self, number: int) -> str:
        """Names differ within a turn and within each of its rounds: (turn + round) steps through all of them."""
        round_, turn = divmod(number, len(self._turns))
        return self._names[(turn * _STEP + round_) % len(NAMES)]


def article(kind: Kind, address: str) -> str:
    """The part that the SKUs of a product share, such as ``SHI-4KQ7M2A``; it follows from the slug alone."""
    digest = hashlib.sha256(address.encode()).digest()
    return f"{kind.code}-{base64.b32encode(digest)[:7].decode()}"


def _variants(
    article: str, kind: Kind, style: Style, material: Material, colours: tuple[Colour, ...], random: Random
) -> Iterator[DemoVariant]:
    base = style.price * material.factor * random.uniform(0.9, 1.15)
    sizes = kind.sizes.values if kind.sizes and style.sized else (("", 1.0),)
    for colour in colours:
        for size, factor in sizes:
            chosen = [("Colour", colour.name)] if len(colours) > 1 else []
            if size and kind.sizes:
                chosen.append((kind.sizes.name, size))
            parts = [article, *[colour.code] * (len(colours) > 1), *[slug(size).upper()] * bool(size)]
            stock = 0 if random.random() < SOLD_OUT else random.randint(3, 80)
            yield DemoVariant("-".join(parts), tuple(chosen), _rounded(base * factor), stock)


def _some(colours: tuple[Colour, ...], most: int, random: Random) -> tuple[Colour, ...]:
    """One to ``most`` of the colours, in no order; more are likelier."""
    count = min(len(colours), max(random.randint(1, most), random.randint(1, most)))
    return tuple(random.sample(colours, count))


def _options(kind: Kind, style: Style, colours: tuple[Colour, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    options = []
    if len(colours) > 1:
        options.append(("Colour", tuple(colour.name for colour in colours)))
    if kind.sizes and style.sized:
        options.append((kind.sizes.name, tuple(value for value, _ in kind.sizes.values)))
    return tuple(options)


def _rounded(cents: float) -> int:
    """A price as shops write it: to 50 cents below 20, to whole units below 100, else to 5."""
    step = 50 if cents < 2000 else 100 if cents < 10000 else 500
    return round(cents / step) * step


def slug(text: str) -> str:
    """Such as ``alderley-linen-work-shirt``."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower().replace("'", "")).strip("-")
