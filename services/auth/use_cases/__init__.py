"""What auth does."""
