"""What auth decides, free of I/O."""
