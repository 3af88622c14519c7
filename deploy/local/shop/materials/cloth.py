"""Cloth, yarn and leather."""

from dataclasses import replace

from deploy.local.shop.goods import Material
from deploy.local.shop.materials.colours import (
    BLACK,
    CHALK,
    CHARCOAL,
    CHESTNUT,
    CLAY,
    CLOTH,
    INK,
    MOSS,
    MUSTARD,
    OATMEAL,
    PLUM,
    RUST,
    SAGE,
    SKY,
    SLATE,
    TAN,
    WHITE,
    WOOLS,
)

WASH_COOL = "Machine wash at 30 degrees and dry on a line; a warm iron while it is damp is all it needs."
HAND_WASH = "Wash by hand in cool water with wool soap, press the water out in a towel and dry it lying flat."
LINEN = Material(
    "linen",
    "washed linen",
    (
        "The linen is washed before it is sewn, so it is soft from the first day and will not shrink further.",
        "Linen breathes, dries quickly and gets softer with every wash; the creases are part of it.",
        "It is woven from European flax at a medium weight: light enough for summer, firm enough to keep its shape.",
    ),
    (WASH_COOL, "Wash at 40 degrees with similar colours. Linen likes a line more than a tumble dryer."),
    CLOTH,
    1.25,
)
COTTON = Material(
    "cotton",
    "organic cotton",
    (
        "The cotton is grown without synthetic pesticides and spun from long fibres, which pill less.",
        "Organic cotton in a close weave: smooth against the skin and hard to wear out.",
        "The cloth is dyed in the yarn, so the colour goes all the way through and fades evenly.",
    ),
    (WASH_COOL, "Machine wash at 40 degrees, inside out; tumble dry on low if you must."),
    CLOTH,
)
FLANNEL = Material(
    "flannel",
    "brushed cotton flannel",
    (
        "Flannel is cotton that is brushed on both sides: the raised fibres hold warm air, as wool does, but do not itch.",
        "Brushed twice, once after weaving and once after dyeing, which is why it feels worn in when it is new.",
    ),
    ("Machine wash at 30 degrees, inside out, and dry it on a line to keep the nap.",),
    (INK, MOSS, RUST, CHARCOAL, PLUM, OATMEAL),
    1.1,
)
CANVAS = Material(
    "canvas",
    "waxed canvas",
    (
        "The canvas is a heavy cotton finished with wax: rain runs off, and scuffs become part of its look.",
        "Waxed canvas needs no plastic coating to keep a shower out, and it can be waxed again for decades.",
    ),
    ("Brush off dry dirt and sponge it with cold water; never machine wash it. Wax it again about once a year.",),
    (MOSS, INK, CHARCOAL, OATMEAL, RUST),
    1.2,
)
COTTON_CANVAS = Material(
    "cotton canvas",
    "heavy cotton canvas",
    (
        "The canvas weighs 400 grams a square metre: it stands up on its own and carries more than your arm will.",
        "Undyed threads in the weave give the canvas a slightly uneven colour that hides marks well.",
    ),
    ("Machine wash at 30 degrees and dry it flat; it may shrink by a centimetre the first time.",),
    (CHALK, OATMEAL, INK, MOSS, RUST, MUSTARD),
)
LAMBSWOOL = Material(
    "lambswool",
    "soft lambswool",
    (
        "Lambswool is the first shearing: finer and springier than later fleece, and warm for its weight.",
        "The yarn is spun from pure new lambswool, a little loosely, so that it traps air.",
        "Wool cleans itself in fresh air: hanging it by an open window often does what a wash would.",
    ),
    (HAND_WASH, "Use the wool programme at 30 degrees, pull it into shape and dry it lying flat."),
    WOOLS,
)
MERINO = Material(
    "merino",
    "fine merino wool",
    (
        "Merino fibres are half as thick as those of common wool, which is why they do not scratch.",
        "Fine merino keeps you warm when it is cold, dries fast when you sweat, and does not take on smells.",
    ),
    ("Machine wash on the wool programme at 30 degrees; dry it lying flat, away from the radiator.",),
    WOOLS,
    1.3,
)
COTTON_KNIT = Material(
    "cotton",
    "a dense cotton knit",
    (
        "Knitted from organic cotton in a tight stitch, it keeps its shape and is kind to skin that wool would scratch.",
        "The cotton is combed before it is spun, which takes out the short fibres that would pill.",
    ),
    (WASH_COOL,),
    CLOTH,
    0.85,
)
JERSEY = Material(
    "jersey",
    "heavyweight cotton jersey",
    (
        "The jersey weighs 220 grams a square metre, about half as much again as a common T-shirt, and is not see-through.",
        "The jersey is knitted in a tube and washed before cutting, so that the seams stay where they belong.",
    ),
    ("Machine wash at 30 degrees, inside out, and hang it by the hem.",),
    (WHITE, INK, CHARCOAL, MOSS, CLAY, SKY, MUSTARD),
)
HEMP = Material(
    "hemp",
    "a hemp and cotton blend",
    (
        "Just over half is hemp, which grows without irrigation and makes the cloth cool and hard-wearing.",
        "Hemp feels a little dry at first and turns soft within a few washes, while it stays strong.",
    ),
    (WASH_COOL,),
    (OATMEAL, SAGE, INK, CLAY, CHARCOAL),
    1.15,
)
TERRY = Material(
    "terry",
    "combed cotton terry",
    (
        "Combed cotton in long loops, 550 grams a square metre: thick enough to dry you, thin enough to dry itself.",
        "The loops are twisted once, so they drink water from the first use instead of pushing it around.",
    ),
    ("Wash at 60 degrees without softener, which would make the loops repel water.",),
    (WHITE, SAGE, SLATE, CLAY, INK, MUSTARD),
)
WAFFLE = Material(
    "waffle",
    "waffle-woven cotton and linen",
    (
        "The honeycomb weave has twice the surface of flat cloth: it soaks up a lot and hardly takes up room.",
        "Half linen, half cotton, woven in small squares: it dries within hours, also folded double.",
    ),
    (WASH_COOL,),
    (CHALK, SAGE, CLAY, SLATE, OATMEAL),
    1.1,
)
LEATHER = Material(
    "leather",
    "vegetable-tanned leather",
    (
        "The leather is tanned with bark for six weeks. It darkens in the light and remembers how you use it.",
        "Full-grain cowhide with nothing painted over it: scratches can be rubbed out with a thumb.",
    ),
    ("Keep it from standing wet and give it leather balm twice a year.",),
    (TAN, CHESTNUT, BLACK),
    1.9,
)
BAG_CANVAS = replace(
    COTTON_CANVAS, care=("Sponge it clean with lukewarm water and a little soap; it is not for the washing machine.",)
)
