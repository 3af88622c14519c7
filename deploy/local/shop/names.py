"""Names of models, made like English place names, so that 100,000 products can have a name each."""

_BEGINNINGS = (
    "Ash", "Alder", "Ald", "Amber", "Bark", "Beck", "Birch", "Black", "Bourn", "Bram", "Brook", "Burn", "Cald", "Carl",
    "Chat", "Clare", "Cole", "Crom", "Dart", "Den", "Dun", "East", "Elder", "Elm", "Farn", "Fen", "Fern", "Glen",
    "Grant", "Hale", "Hart", "Haver", "Hazel", "Heath", "Holm", "Hurst", "Ivy", "Kel", "Kirk", "Lang", "Lark", "Lin",
    "Low", "Marsh", "Mel", "Mil", "North", "Oak", "Ox", "Pem", "Pen", "Rad", "Red", "Rush", "Salt", "Sher", "Stan",
    "Stone", "Sun", "Thorn", "Wal", "West", "Whit", "Win", "Wood", "Wren",
)  # fmt: skip
_ENDINGS = (
    "bury", "combe", "dale", "den", "field", "ford", "ham", "hurst", "leigh", "ley", "mere", "stead", "ton", "well",
    "wick",
)  # fmt: skip


def _fits(beginning: str, ending: str) -> bool:
    """Leaves out what no mouth would say, such as Hursthurst or Westton."""
    return beginning.lower() != ending and beginning[-1] != ending[0]


NAMES = tuple(b + e for b in _BEGINNINGS for e in _ENDINGS if _fits(b, e))
