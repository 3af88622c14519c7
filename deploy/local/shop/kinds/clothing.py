"""Clothing."""

from random import Random

from deploy.local.shop.goods import Kind, Sizes, Style
from deploy.local.shop.materials import cloth
from deploy.local.shop.pictures import clothing as draw


def _top(random: Random) -> str:
    chest, length = random.randint(54, 58), random.randint(68, 75)
    return (
        f"In size M it measures {chest} cm across the chest and {length} cm from the shoulder to the hem; "
        "each size adds or takes away three centimetres of width."
    )


SIZES = Sizes("Size", (("XS", 1), ("S", 1), ("M", 1), ("L", 1), ("XL", 1)))

KINDS = (
    Kind(
        "SHI",
        "shirts-and-tops",
        (
            Style(
                "band-collar shirt",
                6900,
                "cut straight, with a low collar that needs no ironing",
                (
                    "The collar is a plain band, so it looks neat open or closed. The back has one deep pleat for room to move.",
                    "Without a fold-over collar it sits well under a jacket and looks right on its own.",
                ),
                "band",
            ),
            Style(
                "camp-collar shirt",
                5900,
                "with short sleeves and an open collar",
                (
                    "The collar is cut in one piece with the front and lies flat; the hem is straight, to be worn outside.",
                    "It is cut wide in the body and ends at the hip, so that air gets through.",
                ),
                "camp",
            ),
            Style(
                "work shirt",
                7500,
                "with two buttoned pockets and triple-stitched seams",
                (
                    "The pockets are deep enough for a phone and close with a flap. Elbows and shoulders are cut double.",
                    "Its pattern follows a joiner's shirt of the 1930s: roomy at the shoulder, long at the back.",
                ),
                "work",
            ),
        ),
        (cloth.LINEN, cloth.COTTON, cloth.FLANNEL, cloth.HEMP),
        (
            "for long evenings and slow mornings",
            "for the office as well as for the workshop",
            "to wear open over a T-shirt or closed on its own",
            "that will be the first thing you take out of the wardrobe",
        ),
        (
            "Buttons of corozo nut are sewn on with a shank, and a spare one is inside the side seam.",
            "The side seams are felled, so nothing rubs and nothing frays.",
            "It is sewn in Portugal, in a family workshop of twenty people.",
        ),
        _top,
        draw.shirt,
        SIZES,
        sets={
            "camp-collar shirt": (cloth.LINEN, cloth.COTTON, cloth.HEMP),
            "work shirt": (cloth.COTTON, cloth.FLANNEL, cloth.HEMP),
        },
    ),
    Kind(
        "SWE",
        "knitwear",
        (
            Style(
                "crew-neck sweater",
                9800,
                "with a ribbed neck and raglan shoulders",
                (
                    "The sleeves are knitted in at a slant, so there is no seam where a strap would press.",
                    "A plain shape with a round neck that sits close and does not stretch out.",
                ),
                "crew",
            ),
            Style(
                "roll-neck sweater",
                10900,
                "with a tall collar that folds down twice",
                (
                    "The collar is knitted long enough to stand by itself, so you can leave the scarf at home.",
                    "It is longer at the back than in front and keeps the draught out when you bend over.",
                ),
                "roll",
            ),
            Style(
                "cardigan",
                11500,
                "with a shawl edge and five horn-coloured buttons",
                (
                    "The front edge is knitted on in one piece, so it lies flat and does not roll.",
                    "Two pockets hide in the side seams. It is short enough to sit down in.",
                ),
                "cardigan",
            ),
        ),
        (cloth.LAMBSWOOL, cloth.MERINO, cloth.COTTON_KNIT),
        (
            "for the first cold morning of the year",
            "for evenings when the heating is not on yet",
            "to be worn for years and mended when it must be",
            "that goes under a coat without adding bulk",
        ),
        (
            "It is knitted to shape instead of cut from cloth, which leaves no waste and no bulky seams.",
            "The seams are linked stitch by stitch, so you cannot feel them.",
            "A length of matching yarn comes with it for repairs.",
        ),
        _top,
        draw.sweater,
        SIZES,
    ),
    Kind(
        "TEE",
        "shirts-and-tops",
        (
            Style(
                "T-shirt",
                2900,
                "cut straight, with a neck that keeps its shape",
                (
                    "Shoulder seams are reinforced with tape, and the neck is bound twice.",
                    "Neither tight nor wide; it stays in the trousers when you raise your arms.",
                ),
                "plain",
            ),
            Style(
                "pocket T-shirt",
                3200,
                "with a small pocket on the chest",
                (
                    "The pocket holds a pencil or a ticket and is closed at its corners with a short bar of stitches.",
                    "It is cut a little wider than a plain T-shirt, to be worn on its own.",
                ),
                "pocket",
            ),
            Style(
                "long-sleeved T-shirt",
                3900,
                "with cuffs that stay where you push them",
                (
                    "The sleeves end in a narrow cuff, so they can be pushed up and stay up.",
                    "A layer for spring and autumn that fits below a shirt as well as over one.",
                ),
                "long",
            ),
        ),
        (cloth.JERSEY, cloth.HEMP),
        (
            "for every day",
            "to wear until it falls apart, which takes a while",
            "for travelling light, because it dries overnight",
            "to sleep, work or run errands in",
        ),
        (
            "It is washed before it is sold, so the size you try on is the size you keep.",
            "No label scratches your neck: what there is to say is printed inside.",
            "Cut and sewn within forty kilometres of the mill.",
        ),
        _top,
        draw.tee,
        SIZES,
    ),
)
