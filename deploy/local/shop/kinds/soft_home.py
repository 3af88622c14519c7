"""Soft things and light for the home."""

from random import Random

from deploy.local.shop.goods import Kind, Sizes, Style
from deploy.local.shop.materials import ceramics, cloth, solid
from deploy.local.shop.pictures import home as draw


def _cushion(random: Random) -> str:
    return f"The cover weighs {random.randint(190, 320)} g and closes with a zip {random.choice((32, 36, 40))} cm long."


def _throw(random: Random) -> str:
    return f"It weighs {random.randint(900, 1500)} g: enough to stay where you put it."


def _lamp(random: Random) -> str:
    height, cord = random.choice((38, 42, 46)), random.choice((1.8, 2, 2.5))
    return (
        f"It is {height} cm high. The cord is {cord} m long and covered with cloth; bulbs with an E27 "
        "base fit, up to 8 watts of LED."
    )


CUSHION = Sizes("Size", (("40 x 40 cm", 1), ("50 x 50 cm", 1.2)))
THROW = Sizes("Size", (("130 x 180 cm", 1), ("150 x 200 cm", 1.25)))

KINDS = (
    Kind(
        "CUS",
        "cushions-and-throws",
        (
            Style(
                "cushion cover",
                3400,
                "plain, with a hidden zip",
                ("The zip disappears in the seam, so both sides can be shown.",),
                "plain",
            ),
            Style(
                "piped cushion cover",
                3800,
                "edged with piping in its own colour",
                ("Piping holds the edge straight, also when somebody sleeps on it.",),
                "piped",
            ),
            Style(
                "striped cushion cover",
                3900,
                "with broad woven stripes",
                ("The stripes run over the edge and meet on the other side.",),
                "striped",
            ),
        ),
        (cloth.LINEN, cloth.COTTON, cloth.LAMBSWOOL, cloth.COTTON_CANVAS),
        (
            "for the corner of the sofa that everybody wants",
            "to lean on, sit on or throw",
            "that makes an old chair new",
        ),
        (
            "It is sewn with a hem inside, so that nothing frays in the wash.",
            "It comes without a filling; take one that is five centimetres larger, so that it fills the corners.",
            "It is cut so that the weave runs straight along all four sides.",
        ),
        _cushion,
        draw.cushion,
        CUSHION,
    ),
    Kind(
        "THR",
        "cushions-and-throws",
        (
            Style(
                "throw",
                8900,
                "with a short fringe at both ends",
                ("The fringe is what is left of the warp, knotted in bundles.",),
                "plain",
            ),
            Style(
                "herringbone throw",
                9900,
                "woven in a herringbone",
                ("In the herringbone two shades of one colour meet, which makes it look different from every side.",),
                "herringbone",
            ),
            Style(
                "bordered throw",
                9400,
                "with two stripes along the edge",
                ("One broad and one narrow stripe run along the long side.",),
                "bordered",
            ),
        ),
        (cloth.LAMBSWOOL, cloth.COTTON, cloth.LINEN),
        (
            "for two people and a film",
            "for the reading chair and the guest bed",
            "to take outside when the evening gets cool",
        ),
        (
            "It is woven on looms that are older than the people who run them.",
            "After weaving it is washed and dried in the open air.",
            "Both edges are firm, so there is no hem that could come loose.",
        ),
        _throw,
        draw.throw,
        THROW,
    ),
    Kind(
        "LAM",
        "lighting",
        (
            Style(
                "table lamp",
                9900,
                "with a shade of white cotton",
                ("The shade lets a warm light through and sends most of it up and down.",),
                "shade",
            ),
            Style(
                "task lamp",
                11900,
                "with two joints",
                ("Two joints with wing nuts hold the head where you put it.",),
                "task",
            ),
            Style(
                "globe lamp",
                8900,
                "with a ball of opal glass",
                ("The ball of opal glass hides the bulb and gives light without glare.",),
                "globe",
            ),
        ),
        (solid.OAK, solid.WALNUT, solid.BRASS, solid.PAINTED_STEEL),
        ("for the desk, the shelf or the window", "for light where you read", "to leave on when you go out"),
        (
            "The switch hangs in the cord, where a hand finds it in the dark.",
            "The foot is weighted with iron, so a pull at the cord does not tip it.",
            "All parts are screwed, none is glued: it can be taken apart and repaired.",
        ),
        _lamp,
        draw.lamp,
        joint="with a base of",
        care=("Dust it with a dry cloth, and pull the plug before you do.",),
        sets={"task lamp": (solid.BRASS, solid.PAINTED_STEEL)},
    ),
    Kind(
        "CAN",
        "lighting",
        (
            Style(
                "candle in a jar",
                1900,
                "for forty hours of light",
                ("When it has burned down, the jar makes a good glass for toothbrushes.",),
                "jar",
            ),
            Style(
                "pillar candle",
                1500,
                "cast thick, to burn slowly",
                ("It burns down the middle and keeps its wall, which glows.",),
                "pillar",
            ),
            Style(
                "taper candles",
                1200,
                "dipped by hand, three to a pack",
                ("Each is dipped about thirty times; the layers show where they are cut.",),
                "taper",
            ),
        ),
        (ceramics.SOY, ceramics.BEESWAX),
        ("for the table in winter", "for evenings without a screen", "to give away or to keep"),
        (
            "The wick is braided cotton, without metal.",
            "Nothing is added for scent.",
            "Wick and wax are matched, so that the flame neither smokes nor drowns.",
        ),
        lambda random: f"The wax weighs {random.choice((180, 200, 220))} g.",
        draw.candle,
        joint="of",
        sets={"taper candles": (ceramics.BEESWAX,)},
    ),
)
