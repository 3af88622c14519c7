"""Things for the garden."""

from random import Random

from deploy.local.shop.goods import Kind, Sizes, Style
from deploy.local.shop.materials import ceramics, solid
from deploy.local.shop.pictures import outdoors as draw


def _planter(random: Random) -> str:
    return f"There is a hole at the bottom, {random.choice((18, 20, 22))} mm wide, and a stopper for indoors comes with it."


def _can(random: Random) -> str:
    return (
        f"Empty it weighs {random.choice((620, 680, 740))} g. The spout ends "
        f"{random.choice((22, 25, 28))} cm in front of the body."
    )


def _tool(random: Random) -> str:
    return f"It is {random.choice((29, 31, 33))} cm long and weighs {random.choice((240, 270, 300))} g."


POT = Sizes("Diameter", (("14 cm", 1), ("19 cm", 1.5), ("26 cm", 2.3)))
CAN = Sizes("Volume", (("1.5 l", 1), ("5 l", 1.6)))

KINDS = (
    Kind(
        "POT",
        "pots-and-planters",
        (
            Style(
                "plant pot",
                1900,
                "with a broad rim to lift it by",
                ("The rim is broad and round, so you can lift it with one hand.",),
                "pot",
            ),
            Style(
                "footed planter",
                4900,
                "raised on feet",
                ("Feet keep it off the ground, so water runs off and nothing stains.",),
                "footed",
            ),
            Style(
                "trough",
                4200,
                "long and narrow, for sills and railings",
                ("It is as deep as herbs need and as narrow as a sill is.",),
                "trough",
            ),
        ),
        (ceramics.TERRACOTTA, ceramics.STONEWARE_VESSEL, solid.ZINC, solid.PAINTED_STEEL),
        ("for herbs, geraniums or a small olive", "for the balcony and the stairs", "in which roots stay healthy"),
        (
            "Its wall leans outwards, so that a root ball slides out when the plant moves on.",
            "It stays put in the wind once it is filled.",
            "The bottom is a little raised, so that water can leave.",
        ),
        _planter,
        draw.planter,
        POT,
        joint="of",
        sets={
            "plant pot": (ceramics.TERRACOTTA, ceramics.STONEWARE_VESSEL),
            "footed planter": (solid.ZINC, solid.PAINTED_STEEL),
            "trough": (ceramics.TERRACOTTA, solid.ZINC, solid.PAINTED_STEEL),
        },
    ),
    Kind(
        "WAT",
        "garden-tools",
        (
            Style(
                "watering can",
                3900,
                "with a rose that comes off",
                ("The rose is of brass, comes off for cleaning and gives a rain that does not hurt seedlings.",),
                "rose",
            ),
            Style(
                "indoor watering can",
                3400,
                "with a long thin spout",
                ("The spout reaches between the leaves and stops at once when you tilt it back.",),
                "spout",
            ),
        ),
        (solid.ZINC, solid.PAINTED_STEEL),
        (
            "for tomatoes and roses",
            "that pours where you point it",
            "for the garden, the balcony and the fern in the hall",
        ),
        (
            "The handle runs from front to back, so that one hand carries and pours.",
            "All seams are soldered, and every can is filled before it leaves the workshop.",
            "The opening is half covered, so nothing slops out on the way.",
        ),
        _can,
        draw.watering_can,
        CAN,
        joint="of",
    ),
    Kind(
        "GAR",
        "garden-tools",
        (
            Style(
                "trowel",
                2400,
                "with a blade that does not bend",
                ("The blade is hollowed like a spoon and sharpened on both sides.",),
                "trowel",
            ),
            Style(
                "hand fork",
                2400,
                "with three tines",
                ("Three tines loosen the soil without cutting worms or bulbs.",),
                "fork",
            ),
            Style(
                "transplanting trowel",
                2600,
                "narrow, with a scale",
                ("Marks on the blade show the depth in centimetres, which bulbs care about.",),
                "transplanter",
            ),
        ),
        (solid.GARDEN_STEEL, solid.FORGED_STEEL),
        ("for beds, pots and clay soil", "to put in any hand", "that lasts longer than the gardener's patience"),
        (
            "The handle is of oiled ash, with a hole for a cord.",
            "Blade and neck are forged in one piece.",
            "The ferrule is pinned, so the handle can be replaced.",
        ),
        _tool,
        draw.garden_tool,
        joint="of",
    ),
)
