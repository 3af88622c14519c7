"""Things to pour from and to drink from."""

from random import Random

from deploy.local.shop.goods import Kind, Sizes, Style
from deploy.local.shop.materials import ceramics
from deploy.local.shop.pictures import kitchen as draw


def _carafe(random: Random) -> str:
    return (
        f"The glass is {random.choice((2, 2.5))} mm thick. Because it is made by hand, heights differ by "
        f"up to {random.choice((4, 5))} mm."
    )


VOLUME_CARAFE = Sizes("Volume", (("0.75 l", 1), ("1 l", 1.2)))
PAIRS = Sizes("Set", (("Set of 2", 1), ("Set of 4", 1.85)))

KINDS = (
    Kind(
        "CAR",
        "tableware",
        (
            Style(
                "carafe",
                3400,
                "with a cork stopper",
                ("The stopper is cut from one piece of cork and keeps dust and wasps out.",),
                "carafe",
            ),
            Style(
                "decanter",
                3900,
                "with a narrow neck",
                ("The neck is as wide as a hand can hold, and the wide base lets wine breathe.",),
                "decanter",
            ),
        ),
        (ceramics.GLASS, ceramics.RECYCLED_GLASS),
        ("for water, juice or wine", "for the table and the bedside", "that makes tap water look like a choice"),
        (
            "The lip is cut and polished so that it pours without a drop.",
            "It fits in the door of a refrigerator.",
            "Its foot is thick, which keeps it standing.",
        ),
        _carafe,
        draw.carafe,
        VOLUME_CARAFE,
        joint="of",
    ),
    Kind(
        "TUM",
        "tableware",
        (
            Style(
                "tumblers",
                1800,
                "that stack without sticking",
                ("The wall widens in a step, so that one glass holds the next and lets it go.",),
                "tumblers",
            ),
            Style(
                "water glasses",
                1600,
                "with a heavy base",
                ("The base is a finger thick: they stand firmly and feel good.",),
                "tumblers",
            ),
            Style(
                "juice glasses",
                1400,
                "small and wide",
                ("Small enough for breakfast, wide enough to be cleaned by hand.",),
                "tumblers",
            ),
        ),
        (ceramics.GLASS, ceramics.RECYCLED_GLASS),
        ("for every day", "for water, wine and small bunches of flowers", "to put on the table without thinking"),
        (
            "The rim is melted round, not cut.",
            "They can be replaced one by one, which we promise for ten years.",
            "They are packed in paper and straw.",
        ),
        lambda random: f"Each holds {random.choice((220, 250, 280))} ml and is {random.choice((8.5, 9, 9.5))} cm high.",
        draw.carafe,
        PAIRS,
        joint="of",
    ),
)
