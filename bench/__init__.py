"""Load generators, peers, and their committed results."""
