"""Things for the desk."""

from random import Random

from deploy.local.shop.goods import Kind, Sizes, Style
from deploy.local.shop.materials import ceramics, solid
from deploy.local.shop.pictures import outdoors as draw


def _notebook(random: Random) -> str:
    return f"It has {random.choice((144, 160, 192))} pages and lies open flat, from the first to the last."


def _pen(random: Random) -> str:
    return f"It is {random.choice((13.2, 13.6, 14))} cm long and weighs {random.choice((22, 26, 31))} g."


PAGES = Sizes("Pages", (("Plain", 1), ("Lined", 1), ("Dotted", 1)))
NIB = Sizes("Point", (("Fine", 1), ("Medium", 1)))

KINDS = (
    Kind(
        "NOT",
        "notebooks",
        (
            Style(
                "notebook",
                1900,
                "with a ribbon and a label",
                ("A ribbon marks the page, and the label on the cover can be written on.",),
                "ribbon",
            ),
            Style(
                "pocket notebook",
                1400,
                "small, with an elastic band",
                ("It fits in a back pocket, and the band keeps it shut there.",),
                "pocket",
            ),
            Style(
                "spiral notebook",
                1600,
                "that folds back on itself",
                ("The wire lets it fold all the way round, so it needs no table.",),
                "spiral",
            ),
        ),
        (ceramics.PAPER_RULED, ceramics.LEATHER_BOUND),
        ("for lists, drawings and thoughts", "to fill from front to back", "that is a pleasure to begin"),
        (
            "The corners are rounded, so they do not curl.",
            "The paper comes from a mill that runs on water power.",
            "The last pages are perforated and can be torn out.",
        ),
        _notebook,
        draw.notebook,
        PAGES,
        sets={"spiral notebook": (ceramics.PAPER_RULED,)},
    ),
    Kind(
        "PEN",
        "pens",
        (
            Style(
                "fountain pen",
                4900,
                "with a steel nib",
                (
                    "The nib is polished by hand and writes under its own weight. It takes standard cartridges or a converter.",
                ),
                "fountain",
            ),
            Style(
                "ballpoint pen",
                2900,
                "with a refill that lasts for kilometres",
                ("It turns to open, without a click, and takes the refill that every stationer sells.",),
                "ball",
            ),
            Style(
                "mechanical pencil",
                2700,
                "for 0.7 mm leads",
                ("The sleeve draws back, so it breaks neither leads nor pockets. An eraser is under the cap.",),
                "pencil",
                sized=False,
            ),
        ),
        (solid.ALUMINIUM, solid.BRASS, ceramics.RESIN),
        ("for people who still write", "for signatures and shopping lists", "to use every day and not to lose"),
        (
            "All parts can be bought singly, also in ten years.",
            "Cap and barrel meet without a step.",
            "The clip is a spring of its own and does not wear out.",
        ),
        _pen,
        draw.pen,
        NIB,
        sets={"mechanical pencil": (solid.ALUMINIUM, solid.BRASS)},
    ),
)
