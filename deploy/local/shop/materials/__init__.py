"""Materials with what is true of them, shared by the kinds that are made of them."""
