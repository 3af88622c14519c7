"""How fast the running shop is: reads through the edge, and purchases from Stripe's notice to the confirmed order."""
