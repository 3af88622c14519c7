"""What notify decides, free of I/O."""
