"""Wood, metal and what is woven of rods."""

from deploy.local.shop.goods import Material
from deploy.local.shop.materials.colours import (
    BEECH_COLOUR,
    BLACK,
    BRASS_COLOUR,
    CHALK,
    CLAY,
    FOREST,
    HONEY,
    INK,
    IRON_COLOUR,
    MUSTARD,
    NATURAL,
    NAVY,
    OAK_COLOUR,
    RED,
    STEEL,
    WALNUT_COLOUR,
    ZINC_COLOUR,
)

OIL_WOOD = "Wipe it with a damp cloth, let it stand to dry and give it a little oil when it looks pale; not for the dishwasher."
OAK = Material(
    "oak",
    "solid oak",
    (
        "The oak comes from managed forests in Germany and France and is dried for two years before it is worked.",
        "Oak is hard, heavy and full of tannin, so it shrugs off moisture; its grain is different on every piece.",
    ),
    (OIL_WOOD,),
    (OAK_COLOUR,),
    1.15,
)
WALNUT = Material(
    "walnut",
    "solid walnut",
    (
        "Walnut is dark, fine-grained and a little lighter than oak, and the sun makes it paler over the years.",
        "The walnut is left over from furniture making: boards too short for a table, but with the same figure.",
    ),
    (OIL_WOOD,),
    (WALNUT_COLOUR,),
    1.5,
)
BEECH = Material(
    "beech",
    "solid beech",
    (
        "Beech is pale, even and tough; toolmakers use it for handles because it does not splinter.",
        "The beech is steamed, which relaxes the wood and gives it its warm colour.",
    ),
    (OIL_WOOD,),
    (BEECH_COLOUR,),
)
IRON = Material(
    "cast iron",
    "seasoned cast iron",
    (
        "Cast iron heats slowly and holds what it has: meat browns instead of stewing. It arrives seasoned with rapeseed oil.",
        "The iron is poured in sand moulds and ground smooth inside; its seasoning gets better the more you fry.",
    ),
    (
        "Rinse it with hot water, dry it at once and rub in a drop of oil. No dishwasher. Works on every hob, also induction.",
    ),
    (IRON_COLOUR,),
)
CARBON_STEEL = Material(
    "carbon steel",
    "forged carbon steel",
    (
        "Carbon steel weighs half of what cast iron does and reacts at once when you turn the heat down.",
        "It comes raw with a coat of beeswax: wash that off, season it once with oil, and eggs will slide.",
    ),
    ("Wipe it out while it is warm and keep it dry; never in the dishwasher. Works on every hob, also induction.",),
    (IRON_COLOUR,),
    0.85,
)
STAINLESS = Material(
    "stainless steel",
    "stainless steel",
    (
        "The steel is 18/10: it does not rust, gives off no taste and can be recycled for ever.",
        "It keeps no taste of what was in it yesterday, and a dent does not end its life.",
    ),
    ("Safe in the dishwasher.",),
    (STEEL, BLACK, FOREST, NAVY, CLAY),
)
BRASS = Material(
    "brass",
    "solid brass",
    (
        "The brass is not lacquered, so it darkens with time; a little polish brings the shine back whenever you like.",
        "Turned from solid brass rod: heavier than it looks, and it will outlive its owner.",
    ),
    ("Wipe it with a dry cloth; use brass polish if you prefer it bright.",),
    (BRASS_COLOUR,),
    1.3,
)
ZINC = Material(
    "galvanised steel",
    "galvanised steel",
    (
        "The steel is dipped in molten zinc after it is soldered, so the seams are protected as well.",
        "Zinc keeps the rust away for decades outdoors and turns a dull grey within the first year.",
    ),
    ("It may stand outside all year; empty it before hard frost.",),
    (ZINC_COLOUR,),
)
PAINTED_STEEL = Material(
    "painted steel",
    "powder-coated steel",
    (
        "The paint is baked on as a powder, without solvents, and stays tough for years.",
        "Sheet steel under a baked coat of paint: it takes knocks, and a scratch can be touched up.",
    ),
    ("Wipe it clean with a damp cloth.",),
    (FOREST, CHALK, INK, MUSTARD, CLAY),
    1.1,
)
SEAGRASS = Material(
    "seagrass",
    "woven seagrass",
    (
        "Seagrass is harvested by hand, dried in the sun and twisted into cord; it smells faintly of hay at first.",
        "Woven in one go without a frame, so its sides give a little where they must.",
    ),
    ("Shake it out, wipe it with a damp cloth and keep it dry.",),
    (NATURAL,),
)
WILLOW = Material(
    "willow",
    "peeled willow",
    (
        "The rods are cut in winter, boiled and peeled, which gives them their honey colour.",
        "Willow is woven wet and tightens as it dries: the basket creaks a little and does not give way.",
    ),
    ("Spray it with water once a year so that the rods stay supple.",),
    (HONEY,),
    1.2,
)
ALUMINIUM = Material(
    "aluminium",
    "anodised aluminium",
    (
        "Turned from one bar of aluminium and anodised: light, cool to the touch, and the colour cannot flake off.",
        "Its walls are thin and its weight low, so long letters do not tire the hand.",
    ),
    ("Wipe it with a soft cloth.",),
    (BLACK, STEEL, NAVY, FOREST, RED),
)
GARDEN_STEEL = Material(
    "stainless steel",
    "polished stainless steel",
    (
        "Wet clay slides off polished steel, and a rinse is all the cleaning it needs.",
        "The steel is hardened, so stones in the ground do not bend it, and it does not rust when it is left out.",
    ),
    ("Rinse it with the hose and let it dry.",),
    (STEEL,),
    1.15,
)
FORGED_STEEL = Material(
    "forged steel",
    "forged carbon steel",
    (
        "It is forged red-hot, which makes the steel denser than if it were stamped, and takes a sharp edge.",
        "Carbon steel can be sharpened with a file and does not mind stones.",
    ),
    ("Knock off the soil, and rub it with an oily rag before winter.",),
    (IRON_COLOUR,),
)
