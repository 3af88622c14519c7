"""What the contracts promise of every method, tried on each: who may call it, and what a repeat does."""
