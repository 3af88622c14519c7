"""What is worn with clothing."""

from random import Random

from deploy.local.shop.goods import Kind, Sizes, Style
from deploy.local.shop.materials import cloth
from deploy.local.shop.pictures import clothing as draw


def _hat(random: Random) -> str:
    return (
        f"One size fits heads of {random.randint(53, 55)} to {random.randint(59, 61)} cm; it weighs "
        f"{random.randint(70, 95)} g."
    )


def _scarf(random: Random) -> str:
    return (
        f"It is {random.choice((180, 190, 200))} cm long without the fringe and {random.choice((28, 32, 36))} cm wide."
    )


def _sock(random: Random) -> str:
    return f"A pair weighs {random.randint(60, 95)} g. The leg is {random.randint(16, 22)} cm long above the heel."


KINDS = (
    Kind(
        "HAT",
        "hats-scarves-socks",
        (
            Style(
                "beanie",
                2900,
                "knitted in a deep rib with a folded brim",
                ("The rib stretches to fit and springs back. The brim can be folded once or twice.",),
                "plain",
            ),
            Style(
                "fisherman beanie",
                2700,
                "short enough to leave the ears free",
                ("It sits above the ears and is knitted twice as dense as a common cap, so it keeps its shape.",),
                "fisherman",
            ),
            Style(
                "bobble hat",
                3200,
                "with a bobble wound by hand",
                ("The bobble is sewn on with a loop and comes off for washing.",),
                "bobble",
            ),
        ),
        (cloth.LAMBSWOOL, cloth.MERINO),
        (
            "for walks in the wind",
            "for the bicycle in the morning",
            "for days that cannot decide between rain and snow",
        ),
        (
            "The crown is closed with eight decreases and has no seam on top.",
            "It is double where it covers the ears.",
            "It is knitted in one piece on a round machine in Scotland.",
        ),
        _hat,
        draw.beanie,
    ),
    Kind(
        "SCA",
        "hats-scarves-socks",
        (
            Style(
                "scarf",
                4500,
                "woven in one colour, with a twisted fringe",
                ("The fringe is twisted by hand and knotted, so it does not come undone.",),
                "plain",
            ),
            Style(
                "checked scarf",
                4900,
                "woven in a large check",
                ("The check is woven, not printed: it is the same on both sides.",),
                "checked",
            ),
            Style(
                "striped scarf",
                4700,
                "with two stripes at either end",
                ("The stripes end where the knot would be, so they always show.",),
                "striped",
            ),
        ),
        (cloth.LAMBSWOOL, cloth.MERINO, cloth.LINEN),
        (
            "that is long enough to go round twice",
            "for the coat you have and for the one you will buy",
            "to keep in the bag from September on",
        ),
        (
            "It is woven on narrow looms with a firm edge, so it has no hem.",
            "After weaving it is washed twice, which makes it soft.",
            "It is light enough to forget and wide enough to put round your shoulders.",
        ),
        _scarf,
        draw.scarf,
    ),
    Kind(
        "SOC",
        "hats-scarves-socks",
        (
            Style(
                "crew socks",
                1400,
                "with a flat toe seam",
                ("The toe is closed by hand, so no seam presses in the shoe.",),
                "crew",
            ),
            Style(
                "hiking socks",
                1900,
                "padded at heel and toe",
                ("Loops inside heel, toe and ball take the knocks; the arch is knitted tighter and holds.",),
                "hiking",
            ),
        ),
        (cloth.MERINO, cloth.COTTON_KNIT, cloth.LAMBSWOOL),
        ("for long days on your feet", "for boots and for the sofa", "that stay up without leaving a mark"),
        (
            "Heel and toe are strengthened with a little polyamide, the rest does without.",
            "They are knitted in pairs on one machine, so left and right have the same length.",
            "They are sold by the pair, and the yarn is dyed before it is knitted.",
        ),
        _sock,
        draw.socks,
        Sizes("Size", (("36-38", 1), ("39-41", 1), ("42-44", 1), ("45-47", 1))),
    ),
)
