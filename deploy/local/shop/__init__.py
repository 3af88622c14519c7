"""The demo shop: products, texts and pictures made from a seed, and put into a running shop through its REST edge."""
