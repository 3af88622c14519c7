"""The crash suite: the process that works on an order is killed just before and just after each of its library calls."""
