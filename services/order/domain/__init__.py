"""What an order is and how it moves: pure functions over values, no I/O."""
