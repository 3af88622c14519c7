"""Things for the kitchen."""

from random import Random

from deploy.local.shop.goods import Kind, Sizes, Style
from deploy.local.shop.materials import cloth, solid
from deploy.local.shop.pictures import kitchen as draw


def _pan(random: Random) -> str:
    return (
        f"The sides are {random.choice((4, 4.5, 5))} cm high, and the handle is {random.choice((17, 19, 21))} cm long."
    )


def _board(random: Random) -> str:
    return f"It is {random.choice((2, 2.4, 2.8))} cm thick, with rounded edges that are easy to lift."


def _knife(random: Random) -> str:
    return (
        f"The blade is {random.choice((1.8, 2, 2.2))} mm thick at the back, hardened to "
        f"{random.choice((58, 59, 60))} HRC and ground to 15 degrees a side."
    )


def _apron(random: Random) -> str:
    return (
        f"It is {random.choice((84, 86, 88))} cm long and {random.choice((70, 72))} cm wide; the ties "
        "are long enough to knot in front."
    )


def _tea_towel(random: Random) -> str:
    width, length = random.choice(((48, 70), (50, 70), (50, 74)))
    return f"Each is {width} by {length} cm and has a loop to hang it by."


PAN = Sizes("Diameter", (("20 cm", 1), ("24 cm", 1.25), ("28 cm", 1.55)))
BOARD = Sizes("Size", (("Small", 1), ("Medium", 1.35), ("Large", 1.75)))
PAIRS = Sizes("Set", (("Set of 2", 1), ("Set of 4", 1.85)))

KINDS = (
    Kind(
        "PAN",
        "cookware",
        (
            Style(
                "frying pan",
                4900,
                "with sloping sides for turning",
                ("The sides slope gently, so that a spatula reaches everything.",),
                "plain",
            ),
            Style(
                "grill pan",
                5400,
                "with ridges that let the fat run off",
                ("Ridges keep the food above the fat and give it stripes.",),
                "grill",
            ),
        ),
        (solid.IRON, solid.CARBON_STEEL),
        ("for steak, potatoes and pancakes", "that will be inherited", "for the hob, the oven and the fire"),
        (
            "Nothing is coated, so there is nothing that could come off.",
            "The hole in the handle is for a hook: it may hang in sight.",
            "It goes from the hob into the oven at any heat.",
        ),
        _pan,
        draw.pan,
        PAN,
        joint="of",
        sets={"grill pan": (solid.IRON,)},
    ),
    Kind(
        "BOA",
        "cookware",
        (
            Style(
                "chopping board",
                3400,
                "with a hole to hang it by",
                ("It is planed flat on both sides, so that you can cut on one and serve on the other.",),
                "plain",
            ),
            Style(
                "carving board",
                4800,
                "with a groove that catches the juice",
                ("The groove takes a small glass of juice, and one corner is cut for pouring.",),
                "juice",
            ),
            Style(
                "round board",
                3900,
                "for bread, cheese or a pizza",
                ("Round boards turn on the table towards whoever is hungry.",),
                "round",
            ),
            Style(
                "paddle board",
                3600,
                "with a handle",
                ("The handle is long enough to lift what you have cut straight into the pot.",),
                "paddle",
            ),
        ),
        (solid.OAK, solid.WALNUT, solid.BEECH),
        ("to cut, carve and serve on", "for kitchens where things are used", "that is kind to knives"),
        (
            "It is oiled with linseed oil three times before it leaves the workshop.",
            "The staves are glued upright, which keeps the board from warping.",
            "Cuts close up again when the wood gets wet; deep ones can be sanded out.",
        ),
        _board,
        draw.board,
        BOARD,
        joint="of",
    ),
    Kind(
        "KNI",
        "cookware",
        (
            Style(
                "chef's knife",
                6900,
                "broad enough for the knuckles to clear the board",
                ("The edge is slightly curved for rocking through herbs. If you own one good knife, this is it.",),
                "chef",
            ),
            Style(
                "bread knife",
                5900,
                "with a wavy edge that does not crumble",
                ("The waves are wide and pointed: they open the crust and slide through the rest.",),
                "bread",
            ),
            Style(
                "paring knife",
                2900,
                "short, for everything held in the hand",
                ("Short enough to peel with and stiff enough to core an apple.",),
                "paring",
            ),
        ),
        (solid.OAK, solid.WALNUT, solid.BEECH),
        ("for cooking every day", "that takes an edge and keeps it", "to sharpen, not to replace"),
        (
            "Blade and tang are one piece of carbon-rich stainless steel, held by three brass rivets.",
            "The handle is shaped on a belt by hand and fits left hands as well as right ones.",
            "The blade is ground thin, then honed on leather.",
        ),
        _knife,
        draw.knife,
        joint="with a handle of",
    ),
    Kind(
        "APR",
        "kitchen-textiles",
        (
            Style(
                "apron",
                3900,
                "with a double pocket and an adjustable neck",
                (
                    "The neck band is adjusted with two brass rings, and the pocket is divided for a towel and a thermometer.",
                ),
                "plain",
            ),
            Style(
                "striped apron",
                4200,
                "in a butcher's stripe",
                ("The stripe is woven in, as butchers have had it for two hundred years.",),
                "striped",
            ),
        ),
        (cloth.LINEN, cloth.COTTON, cloth.COTTON_CANVAS, cloth.HEMP),
        (
            "for cooks who wipe their hands on themselves",
            "for kitchen, garden and workshop",
            "that can stand next to hot oil",
        ),
        (
            "Corners that bear weight are reinforced with rivets.",
            "It is washed once, so it is soft when you first tie it.",
            "The hem is turned twice and sewn with strong thread.",
        ),
        _apron,
        draw.apron,
    ),
    Kind(
        "TTO",
        "kitchen-textiles",
        (
            Style(
                "tea towels",
                1600,
                "with a woven border",
                ("They leave no lint on glasses and dry on the hook within an hour.",),
                "tea",
            ),
            Style(
                "glass cloths",
                1800,
                "woven close, for polishing",
                ("The weave is close and smooth, for glasses and silver.",),
                "tea",
            ),
        ),
        (cloth.LINEN, cloth.COTTON, cloth.WAFFLE),
        ("that dry instead of smearing", "for dishes, bread and hands", "to have more of than you think"),
        (
            "They are hemmed with a loop at the short side.",
            "The border shows the colour twice, once wide and once narrow.",
            "They become better with every wash.",
        ),
        _tea_towel,
        draw.towel,
        PAIRS,
    ),
)
