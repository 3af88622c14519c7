"""The tree that the demo shop's products are filed under."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    """A node; ``parent`` is the slug above, empty at the top."""

    slug: str
    title: str
    parent: str = ""


CATEGORIES = (
    Category("clothing", "Clothing"),
    Category("shirts-and-tops", "Shirts and tops", "clothing"),
    Category("knitwear", "Knitwear", "clothing"),
    Category("hats-scarves-socks", "Hats, scarves and socks", "clothing"),
    Category("kitchen-and-table", "Kitchen and table"),
    Category("tableware", "Tableware", "kitchen-and-table"),
    Category("cookware", "Cookware", "kitchen-and-table"),
    Category("kitchen-textiles", "Kitchen textiles", "kitchen-and-table"),
    Category("home", "Home"),
    Category("cushions-and-throws", "Cushions and throws", "home"),
    Category("lighting", "Lamps and candles", "home"),
    Category("bath", "Bath", "home"),
    Category("decoration", "Vases, clocks and baskets", "home"),
    Category("desk", "Desk"),
    Category("notebooks", "Notebooks", "desk"),
    Category("pens", "Pens", "desk"),
    Category("garden", "Garden"),
    Category("pots-and-planters", "Pots and planters", "garden"),
    Category("garden-tools", "Garden tools", "garden"),
    Category("bags-and-travel", "Bags and travel"),
    Category("bags", "Bags", "bags-and-travel"),
    Category("bottles", "Bottles and flasks", "bags-and-travel"),
    Category("children", "Children"),
    Category("wooden-toys", "Wooden toys", "children"),
)
"""Parents before their children."""
