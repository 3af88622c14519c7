"""What can be done with orders, over ports."""
