"""Gates on the contracts: nothing leaves them by accident."""
