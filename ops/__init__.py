"""Commands of the product that look at, save and restore a whole shop, across its services."""
