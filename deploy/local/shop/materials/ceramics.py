"""Clay, glass, wax, paper: whatever is neither cloth nor wood nor metal."""

from dataclasses import replace

from deploy.local.shop.goods import Material
from deploy.local.shop.materials.colours import (
    ASH,
    BLACK,
    BOTTLE_GREEN,
    CELADON,
    CHALK,
    CHARCOAL,
    CHESTNUT,
    CLAY,
    CLEAR,
    ENAMELS,
    FOREST,
    GLAZES,
    INK,
    MOSS,
    MUSTARD,
    OATMEAL,
    OCHRE,
    PLUM,
    RUST,
    SAGE,
    SKY,
    SMOKE,
    TAN,
    TERRACOTTA_COLOUR,
    WHITE,
)

STONEWARE = Material(
    "stoneware",
    "glazed stoneware",
    (
        "Fired at 1,240 degrees, the stoneware is dense, rings when you tap it, and survives daily use.",
        "Each piece is dipped in the glaze by hand, so the edge of the colour is never twice the same.",
        "The glaze is free of lead and cadmium, and the unglazed foot is ground smooth so that it scratches no table.",
    ),
    ("Safe in the dishwasher, the microwave and an oven up to 200 degrees.",),
    GLAZES,
)
PORCELAIN = Material(
    "porcelain",
    "matt porcelain",
    (
        "The porcelain is thin at the rim and strong all the same; hold it to the light and it glows a little.",
        "It is matt to the touch and glazed where food touches it: good to hold, easy to clean.",
    ),
    ("Safe in the dishwasher and the microwave.",),
    (WHITE, CHALK, CELADON, SKY, ASH),
    1.3,
)
ENAMEL = Material(
    "enamel",
    "enamelled steel",
    (
        "Two coats of enamel are baked on to steel. It is light, does not take on smells and cannot break; it can chip.",
        "Enamel is glass on steel: smooth, tasteless, and at home in the kitchen as well as at a campfire.",
    ),
    ("Safe in the dishwasher and on every hob, but not in the microwave.",),
    ENAMELS,
    0.8,
)
GLASS = Material(
    "glass",
    "mouth-blown glass",
    (
        "Each one is blown by mouth into a wooden mould, so small bubbles and differences of a few millimetres belong to it.",
        "The glass is free of lead and thin at the rim, and it is cooled slowly overnight so that it holds no tension.",
    ),
    ("Wash it by hand if you can; the upper rack of a dishwasher will do.",),
    (CLEAR, SMOKE, BOTTLE_GREEN),
)
RECYCLED_GLASS = Material(
    "recycled glass",
    "recycled glass",
    (
        "It is made from old bottles, which gives the glass its slight tint and a good weight in the hand.",
        "Nothing but broken bottle glass goes into the furnace; the colour comes from what was collected.",
    ),
    ("Safe in the dishwasher, but let it cool down before you fill it with cold water.",),
    (BOTTLE_GREEN, CLEAR, SMOKE),
    0.8,
)
TERRACOTTA = Material(
    "terracotta",
    "unglazed terracotta",
    (
        "Unglazed clay breathes: it lets roots have air and evens out what a heavy hand with the can does.",
        "Thrown from Italian clay and fired at 1,040 degrees, it stands a light frost when it is empty.",
    ),
    ("White bloom on the clay is lime from the water; brush it off with vinegar, or keep it.",),
    (TERRACOTTA_COLOUR,),
    0.7,
)
SOY = Material(
    "soy wax",
    "soy wax",
    (
        "Soy wax burns cooler and slower than paraffin and washes off with hot water and soap.",
        "The wax is poured by hand at 60 degrees and rests for two weeks before it is sold, which evens out the scent.",
    ),
    ("Let the whole surface melt the first time, and cut the wick to five millimetres before each use.",),
    (CHALK, SAGE, CLAY, CHARCOAL),
)
BEESWAX = Material(
    "beeswax",
    "pure beeswax",
    (
        "Beeswax burns with a warm, steady light and smells of honey without anything being added.",
        "The wax comes from small beekeepers and is only strained, never bleached, so its yellow differs from year to year.",
    ),
    ("The white veil on old beeswax is natural; polish it away with a soft cloth.",),
    (OCHRE,),
    1.4,
)
PAPER_RULED = Material(
    "cloth-bound",
    "a cloth binding",
    (
        "The paper is 100 grams a square metre and made for fountain pens: ink neither bleeds nor shows through.",
        "Bookbinder's linen over grey board: it stands years in a bag, and the corners do not fray.",
    ),
    ("Keep it dry; a soft eraser takes marks off the cloth.",),
    (INK, MOSS, RUST, OATMEAL, MUSTARD, CHARCOAL),
)
LEATHER_BOUND = Material(
    "leather-bound",
    "a soft leather binding",
    (
        "The cover is one piece of vegetable-tanned leather that becomes darker and softer with use.",
        "Thread-sewn pages in leather that was left its natural grain; no two covers look alike.",
    ),
    ("A little leather balm once a year keeps the cover supple.",),
    (TAN, CHESTNUT, BLACK),
    1.7,
)
RESIN = Material(
    "resin",
    "hand-polished resin",
    (
        "The resin is cast in rods, turned and polished by hand until it feels warm, unlike metal.",
        "Cast resin has depth: the colour moves a little when you turn it in the light.",
    ),
    ("Wipe it with a soft cloth and keep it from solvents.",),
    (INK, PLUM, FOREST, CHESTNUT),
    1.1,
)
STONEWARE_VESSEL = replace(
    STONEWARE,
    about=(STONEWARE.about[1], "Fired at 1,240 degrees, the stoneware is dense and heavy and stands a knock."),
    care=("Wash it with warm water and a soft brush; bring it indoors before hard frost.",),
)
PORCELAIN_VESSEL = replace(
    PORCELAIN,
    about=(PORCELAIN.about[0], "It is matt outside, where a hand holds it, and glazed inside, where the water is."),
    care=("Wash it by hand with warm water and a bottle brush.",),
)
