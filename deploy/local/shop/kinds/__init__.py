"""Every kind of thing that the demo shop sells, in the order in which the generator takes turns."""

from itertools import zip_longest

from deploy.local.shop.goods import Kind
from deploy.local.shop.kinds import (
    accessories,
    bags,
    clothing,
    cookware,
    decoration,
    desk,
    garden,
    glassware,
    soft_home,
    tableware,
)

_SHELVES = (clothing, tableware, soft_home, desk, bags, cookware, decoration, garden, accessories, glassware)
KINDS: tuple[Kind, ...] = tuple(
    kind for turn in zip_longest(*(shelf.KINDS for shelf in _SHELVES)) for kind in turn if kind is not None
)
"""One of each shelf in turn, so that even a few products show them all."""
