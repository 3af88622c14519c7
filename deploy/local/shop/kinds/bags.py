"""Bags, bottles and toys."""

from random import Random

from deploy.local.shop.goods import Kind, Sizes, Style
from deploy.local.shop.materials import cloth, solid
from deploy.local.shop.pictures import outdoors as draw


def _bag(random: Random) -> str:
    return (
        f"It weighs {random.choice((780, 860, 940))} g. The sleeve inside is padded and takes a computer "
        f"of {random.choice((13, 14, 15))} inches."
    )


def _tote(random: Random) -> str:
    return (
        f"It is {random.choice((36, 38, 40))} cm high and {random.choice((38, 41, 44))} cm wide. The "
        "handles reach over a winter coat."
    )


def _pouch(random: Random) -> str:
    return (
        f"It is {random.choice((22, 24, 26))} cm wide, {random.choice((14, 15, 16))} cm high and "
        f"{random.choice((9, 10, 11))} cm deep."
    )


def _bottle(random: Random) -> str:
    return f"The opening is {random.choice((3.5, 4, 4.5))} cm wide: ice goes in, and so does a brush."


def _toy(random: Random) -> str:
    return (
        f"Made for children from {random.choice((18, 20, 24))} months. No part is smaller than "
        f"{random.choice((4, 5))} cm, and every edge is rounded."
    )


LITRES = Sizes("Volume", (("0.5 l", 1), ("0.75 l", 1.15), ("1 l", 1.3)))

KINDS = (
    Kind(
        "BAC",
        "bags",
        (
            Style(
                "backpack",
                12900,
                "with two buckled straps",
                ("The flap goes over everything and closes with two straps; under it a cord keeps the rain out.",),
                "flap",
            ),
            Style(
                "roll-top backpack",
                13900,
                "that grows with its contents",
                ("The top is rolled down as far as there is something inside, and buckled.",),
                "roll",
            ),
        ),
        (cloth.CANVAS, cloth.BAG_CANVAS),
        (
            "for the way to work and the way out of town",
            "that carries groceries as well as a computer",
            "for one night or three",
        ),
        (
            "The straps are padded with wool felt and adjust with one pull.",
            "Leather strips protect the corners where it stands.",
            "Every seam that bears weight is sewn twice and riveted.",
        ),
        _bag,
        draw.backpack,
    ),
    Kind(
        "TOT",
        "bags",
        (
            Style(
                "tote bag",
                3900,
                "with straps long enough for the shoulder",
                ("The straps are sewn down to the bottom, so the seam at the top carries nothing.",),
                "plain",
            ),
            Style(
                "pocket tote",
                4400,
                "with a pocket in front",
                ("The pocket is as large as a book and sits where the hand is.",),
                "pocket",
            ),
            Style(
                "zip tote",
                4900,
                "that closes with a zip",
                ("The zip runs past the corners, so that it opens wide.",),
                "zip",
            ),
        ),
        (cloth.BAG_CANVAS, cloth.CANVAS, cloth.LEATHER),
        (
            "for the market, the library and the lake",
            "that folds into another bag",
            "for everything that has no bag of its own",
        ),
        (
            "The bottom is double and square, so it stands by itself.",
            "A small pocket inside keeps keys from falling to the bottom.",
            "Threads and cloth have the same colour, and no logo is on it.",
        ),
        _tote,
        draw.tote,
    ),
    Kind(
        "WAS",
        "bags",
        (
            Style(
                "wash bag",
                3400,
                "with a wide zip",
                ("It opens over its whole width, so you see what you are looking for.",),
                "zip",
            ),
            Style(
                "roll-up wash bag",
                4200,
                "that hangs on any hook",
                ("Unrolled it hangs on a hook, with four pockets one below the other.",),
                "roll",
            ),
            Style(
                "wash bag with a handle",
                3700,
                "to be carried by its side",
                ("The handle at the side is for the way to the camp site's washroom.",),
                "handle",
            ),
        ),
        (cloth.CANVAS, cloth.BAG_CANVAS, cloth.LEATHER),
        ("for toothbrush, razor and the rest", "that is packed in a minute", "for weekends and long journeys"),
        (
            "The lining is coated, so a leaking bottle stays its own problem.",
            "The zip is of brass and runs easily.",
            "It stands open by itself on the edge of a basin.",
        ),
        _pouch,
        draw.pouch,
    ),
    Kind(
        "BOT",
        "bottles",
        (
            Style(
                "water bottle",
                2400,
                "with a cap of cork and wood",
                ("One wall, no coating: it is light and weighs hardly more than what is in it.",),
                "cork",
            ),
            Style(
                "vacuum flask",
                3400,
                "with a lid that is a cup",
                ("Between the two walls is nothing, which keeps tea hot for twelve hours and water cold for a day.",),
                "flask",
            ),
            Style(
                "wide-mouth bottle",
                2700,
                "with a loop to carry it by",
                ("The loop takes one finger or a carabiner.",),
                "wide",
            ),
        ),
        (solid.STAINLESS,),
        ("for the desk, the train and the mountain", "that replaces a great many others", "to fill at any tap"),
        (
            "The seal is of silicone and can be bought as a spare part.",
            "It does not leak upside down, which we try with every one.",
            "The foot is rounded, so a fall makes a dent and no hole.",
        ),
        _bottle,
        draw.bottle,
        LITRES,
        joint="of",
    ),
    Kind(
        "TOY",
        "wooden-toys",
        (
            Style(
                "building blocks",
                3900,
                "in two shades, in a cotton bag",
                ("All blocks are multiples of one another, so that towers come out even.",),
                "blocks",
            ),
            Style(
                "stacking tower",
                2900,
                "with five rings",
                ("The rings go on in any order, and only one order makes a tower.",),
                "tower",
            ),
            Style(
                "toy car",
                2400,
                "that rolls straight",
                ("The axles are of steel and run in brass; a push takes it across a room.",),
                "car",
            ),
        ),
        (solid.BEECH, solid.OAK, solid.WALNUT),
        (
            "for small hands and long afternoons",
            "that will be handed down",
            "without batteries, sounds or instructions",
        ),
        (
            "Colours are stained, not painted, and safe to chew on.",
            "Every part is sanded three times and finished with beeswax.",
            "The workshop is run with people with disabilities, in the Black Forest.",
        ),
        _toy,
        draw.toy,
        joint="of",
        care=("Wipe with a damp cloth and let dry in the air; wood does not like to soak.",),
        sets={"stacking tower": (solid.BEECH, solid.OAK), "building blocks": (solid.BEECH, solid.OAK, solid.WALNUT)},
    ),
)
