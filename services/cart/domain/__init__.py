"""What a cart is, free of I/O."""
