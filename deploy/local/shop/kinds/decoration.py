"""Things that stand, hang and keep other things at home."""

from random import Random

from deploy.local.shop.goods import Kind, Sizes, Style
from deploy.local.shop.materials import ceramics, cloth, solid
from deploy.local.shop.pictures import home as draw
from deploy.local.shop.pictures import kitchen


def _vase(random: Random) -> str:
    return f"Filled with water, the larger one weighs about {random.choice((1.9, 2.1, 2.4))} kg."


def _basket(random: Random) -> str:
    return f"The weave is {random.choice((8, 10, 12))} mm thick, and it carries {random.choice((8, 10, 12))} kg."


def _clock(random: Random) -> str:
    return (
        f"The face is {random.choice((2, 2.5, 3))} cm deep. One AA battery, not included, runs it for "
        f"about {random.choice((12, 14, 18))} months."
    )


def _towel(random: Random) -> str:
    return f"The border is {random.choice((3, 4, 5))} cm wide, and a loop is sewn to the long side."


VASE = Sizes("Height", (("18 cm", 1), ("26 cm", 1.45)))
BASKET = Sizes("Size", (("Small", 1), ("Medium", 1.35), ("Large", 1.8)))
CLOCK = Sizes("Diameter", (("25 cm", 1), ("32 cm", 1.35)))
TOWEL = Sizes("Size", (("50 x 100 cm", 1), ("70 x 140 cm", 1.8), ("100 x 150 cm", 2.6)))

KINDS = (
    Kind(
        "TOW",
        "bath",
        (
            Style(
                "towel",
                1900,
                "with a flat border",
                ("The border is woven flat and does not shrink more than the rest.",),
                "plain",
            ),
            Style(
                "sauna towel",
                2300,
                "close and quick to dry",
                ("It is a little firmer than a bath towel, to sit and lie on.",),
                "plain",
            ),
        ),
        (cloth.TERRY, cloth.WAFFLE, cloth.LINEN),
        ("for every morning", "for the bathroom and the beach", "that dries you and then itself"),
        (
            "The long sides are sewn with a double chain stitch.",
            "It is tested for harmful substances, dye by dye.",
            "It is woven by a mill in northern Portugal.",
        ),
        _towel,
        kitchen.towel,
        TOWEL,
    ),
    Kind(
        "VAS",
        "decoration",
        (
            Style(
                "vase",
                3900,
                "with a round belly",
                ("A round belly holds plenty of water, and the narrow neck holds the stems together.",),
                "belly",
            ),
            Style(
                "bottle vase",
                3600,
                "with a neck for a single branch",
                ("One branch is enough: the neck holds it upright.",),
                "bottle",
            ),
            Style(
                "cylinder vase",
                3400,
                "straight, for a whole bunch",
                ("As wide at the top as at the foot, it takes a bunch as it comes from the market.",),
                "cylinder",
            ),
        ),
        (ceramics.STONEWARE_VESSEL, ceramics.PORCELAIN_VESSEL, ceramics.GLASS, ceramics.RECYCLED_GLASS),
        ("for branches, tulips or nothing at all", "that looks good empty", "for the table and the window sill"),
        (
            "It is watertight, which we check one by one.",
            "The foot is smooth and leaves no ring on the table.",
            "It is heavy at the foot, so tall stems do not topple it.",
        ),
        _vase,
        draw.vase,
        VASE,
        joint="of",
    ),
    Kind(
        "BAS",
        "decoration",
        (
            Style(
                "basket",
                3900,
                "with one tall handle",
                ("The handle goes round under the basket, so it bears the load itself.",),
                "tall",
            ),
            Style(
                "storage basket",
                4400,
                "with two handles",
                ("Two handles are woven in, not tied on, and fold down.",),
                "handles",
            ),
            Style(
                "lidded basket", 5200, "with a lid that fits", ("The lid keeps dust out and does not pinch.",), "lid"
            ),
        ),
        (solid.SEAGRASS, solid.WILLOW),
        (
            "for wool, toys or firewood",
            "for the hall, where everything is put down",
            "that hides what has no other place",
        ),
        (
            "One weaver makes it from beginning to end, in about five hours.",
            "No wire and no glue hold it, only the weave.",
            "The bottom is woven double.",
        ),
        _basket,
        draw.basket,
        BASKET,
        joint="of",
    ),
    Kind(
        "CLO",
        "decoration",
        (
            Style(
                "wall clock",
                6400,
                "with a white face and bars for hours",
                ("Bars instead of figures: the time is read at a glance and from across the room.",),
                "bars",
            ),
            Style(
                "kitchen clock",
                6800,
                "with dots for the minutes",
                ("Sixty dots show the minutes, which is what eggs need.",),
                "minutes",
            ),
            Style(
                "bare clock",
                5900,
                "without a face, so that the material shows",
                ("Nothing hides the material; the hours are set into its surface.",),
                "bare",
            ),
        ),
        (solid.OAK, solid.WALNUT, solid.BEECH),
        ("for kitchens and halls", "that you look at instead of the telephone", "for people who like to be on time"),
        (
            "The movement sweeps without ticking.",
            "The frame is turned from one board, not bent.",
            "A steel hook is let into the back, so it hangs flat.",
        ),
        _clock,
        draw.clock,
        CLOCK,
        joint="of",
        care=("Dust it with a dry cloth; a drop of oil once a year keeps the wood from looking dull.",),
    ),
)
