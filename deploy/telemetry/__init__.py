"""What tells an operator how the shop is, and how that is held against Prometheus' own engine."""
