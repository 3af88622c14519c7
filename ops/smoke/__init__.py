"""A look at a running shop from outside: reads its catalogue, and buys something where no money can move."""
