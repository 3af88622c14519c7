"""The chart of the whole shop: what of it is written from the contracts and the settings, and its rendering."""
