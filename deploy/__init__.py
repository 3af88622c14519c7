"""How Shopmesh is run: the edge, the local stack, the charts."""
