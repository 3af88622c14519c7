"""Titles and descriptions, composed of what is true of a product's kind, style and material."""

from random import Random

from deploy.local.shop.goods import Kind, Material, Style


def title(name: str, style: Style, material: Material) -> str:
    """Such as "Alderley linen work shirt"."""
    return f"{name} {material.word} {style.noun}"


def short(kind: Kind, style: Style, material: Material) -> str:
    """One sentence for lists."""
    return f"{_upper(_a(style))} {kind.joint} {material.phrase}, {style.line}."


def long(name: str, kind: Kind, style: Style, material: Material, random: Random) -> str:
    """Three paragraphs: what it is for, what it is made of and how, size and care."""
    verb = "are" if style.plural else "is"
    opening = f"{name} {verb} {_a(style)} {random.choice(kind.purposes)}. {random.choice(style.about)}"
    body = [random.choice(material.about), random.choice(kind.making)]
    if random.random() < 0.4:
        body.reverse()
    facts = f"{kind.measures(random)} {random.choice(kind.care or material.care)}"
    return "\n\n".join((opening, " ".join(body), facts))


def _a(style: Style) -> str:
    """The noun with its article, if it takes one."""
    if style.plural:
        return style.noun
    return f"{'an' if style.noun[0] in 'aeio' else 'a'} {style.noun}"


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]
