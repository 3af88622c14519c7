"""Things for the table."""

from random import Random

from deploy.local.shop.goods import Kind, Sizes, Style
from deploy.local.shop.materials import ceramics, solid
from deploy.local.shop.pictures import kitchen as draw


def _mug(random: Random) -> str:
    return f"The smaller one is {random.choice((8.5, 9, 9.5))} cm high and weighs {random.choice((290, 310, 330))} g."


def _bowl(random: Random) -> str:
    return (
        f"The rim is {random.choice((4, 5))} mm thick. In the cupboard, four of them stack "
        f"{random.choice((17, 18, 20))} cm high."
    )


def _plate(random: Random) -> str:
    return f"The rim rises {random.choice((2, 2.5))} cm, enough for a sauce. Six of them stack {random.choice((11, 12))} cm high."


def _teapot(random: Random) -> str:
    return (
        f"With the lid on, the smaller one is {random.choice((14, 15, 16))} cm high; it weighs "
        f"{random.choice((780, 820, 860))} g empty."
    )


VOLUME_MUG = Sizes("Volume", (("250 ml", 1), ("350 ml", 1.15)))
VOLUME_POT = Sizes("Volume", (("0.8 l", 1), ("1.2 l", 1.2)))
PIECES = Sizes("Set", (("Single", 1), ("Set of 2", 1.9), ("Set of 4", 3.6)))

KINDS = (
    Kind(
        "MUG",
        "tableware",
        (
            Style(
                "mug",
                1800,
                "with a handle for three fingers",
                ("The handle is wide enough for a large hand and stays cool. The foot is narrow, so that mugs stack.",),
                "straight",
            ),
            Style(
                "breakfast cup",
                2000,
                "wide enough to dip in",
                ("It is as wide as it is high: there is room for milk, foam and the end of a croissant.",),
                "straight",
            ),
        ),
        (ceramics.STONEWARE, ceramics.PORCELAIN),
        (
            "for the first coffee of the day",
            "for tea, cocoa and soup",
            "that feels right in the hand",
            "to have four of, or one to yourself",
        ),
        (
            "It is turned on a wheel, dried for a week and fired twice.",
            "A thumb's print at the handle is where it was pressed on: look for it.",
            "The inside is glazed white, so that you see what you drink.",
        ),
        _mug,
        draw.mug,
    ),
    Kind(
        "ESP",
        "tableware",
        (
            Style(
                "espresso cup",
                1400,
                "thick-walled, to keep a small coffee hot",
                ("The wall is thick and the opening narrow: the coffee stays hot until it is finished.",),
                "espresso",
            ),
            Style(
                "sake cup",
                1300,
                "for sake, schnapps or an egg",
                ("Small and heavy at the foot, it does not fall over, whatever it was filled with.",),
                "cup",
            ),
        ),
        (ceramics.STONEWARE, ceramics.PORCELAIN),
        ("for what is drunk in three sips", "for the end of a long meal", "to collect in different colours"),
        (
            "It is turned on a wheel and trimmed at the foot by hand.",
            "The clay is the same as in our mugs, only a little thicker.",
            "The inside is glazed smooth, so nothing stains it.",
        ),
        lambda random: f"It holds {random.choice((70, 80, 90))} ml and is {random.choice((5.5, 6, 6.5))} cm high.",
        draw.mug,
        PIECES,
    ),
    Kind(
        "CMP",
        "tableware",
        (
            Style(
                "camping mug",
                1300,
                "light enough for any rucksack",
                (
                    "The rim is rolled, so it does not burn the lip. It can stand on the hob or at the edge of the fire.",
                ),
                "enamel",
            ),
            Style(
                "picnic mug",
                1500,
                "with a wide foot that stands on grass",
                ("A wide base keeps it upright on grass and on a car's roof.",),
                "enamel",
            ),
        ),
        (ceramics.ENAMEL, solid.STAINLESS),
        (
            "for tea on a balcony or a mountain",
            "that has survived worse than your kitchen",
            "for the garden and the tent",
        ),
        (
            "The handle is welded on, not riveted, so nothing comes loose.",
            "It nests in its neighbours and takes up little room.",
            "It is stamped from one sheet and rolled at the rim.",
        ),
        _mug,
        draw.mug,
        VOLUME_MUG,
    ),
    Kind(
        "BOW",
        "tableware",
        (
            Style(
                "breakfast bowl",
                1900,
                "deep enough for porridge and milk",
                ("Its walls are steep, so nothing is pushed over the rim by a spoon.",),
                "breakfast",
            ),
            Style(
                "pasta bowl",
                2400,
                "wide and shallow",
                ("Wide enough to turn a fork in, deep enough for the sauce.",),
                "pasta",
            ),
            Style(
                "serving bowl",
                4200,
                "for salad for six",
                ("It holds three litres, and it is heavy enough to toss a salad in.",),
                "serving",
                sized=False,
            ),
        ),
        (ceramics.STONEWARE, ceramics.PORCELAIN),
        ("to eat from every day", "for the table on Sunday", "to mix, serve and keep leftovers in"),
        (
            "It is thrown on the wheel by one of three potters, whose mark is under the foot.",
            "The glaze pools at the bottom, where it is a shade darker.",
            "It is fired for eighteen hours and cooled for thirty.",
        ),
        _bowl,
        draw.bowl,
        PIECES,
    ),
    Kind(
        "PLA",
        "tableware",
        (
            Style(
                "dinner plate",
                2200,
                "flat, with a raised rim",
                ("The middle is flat to the edge, so there is room for knife and fork.",),
                "dinner",
            ),
            Style(
                "side plate",
                1500,
                "for bread, cake or fruit",
                ("It is as wide as a hand is long, and fits on the dinner plate of the same series.",),
                "side",
            ),
            Style(
                "serving plate",
                4400,
                "wide enough for a whole fish",
                ("It is a third wider than a dinner plate, with a rim that keeps the juices in.",),
                "serving",
                sized=False,
            ),
        ),
        (ceramics.STONEWARE, ceramics.PORCELAIN),
        ("for weekdays and for guests", "that makes simple food look good", "to collect piece by piece"),
        (
            "It is pressed and then finished by hand, which shows at the rim.",
            "The foot is ground smooth and does not mark the plate below.",
            "Pieces of one colour go together also when they were fired years apart.",
        ),
        _plate,
        draw.plate,
        PIECES,
    ),
    Kind(
        "TEA",
        "tableware",
        (
            Style(
                "teapot",
                5900,
                "with a strainer that lifts out",
                (
                    "The strainer is fine enough for rooibos and comes out when the tea is ready. The spout does not drip.",
                ),
                "round",
            ),
            Style(
                "tall teapot",
                6200,
                "straight-sided, with a wooden knob",
                ("Its straight walls take up little room on the table; the knob stays cool.",),
                "cylinder",
            ),
        ),
        (ceramics.STONEWARE, ceramics.PORCELAIN, ceramics.ENAMEL),
        ("for two people and one newspaper", "for tea that deserves time", "that keeps its lid on when it pours"),
        (
            "The spout is cut by hand to break the stream cleanly.",
            "The lid sits in a deep ring and holds when the pot is tilted.",
            "Body, spout and handle are made apart and joined by hand.",
        ),
        _teapot,
        draw.teapot,
        VOLUME_POT,
    ),
)
