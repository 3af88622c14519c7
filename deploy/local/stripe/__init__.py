"""A stand-in for Stripe's API: enough of it, and true enough, to buy and refund without the vendor or a network."""
