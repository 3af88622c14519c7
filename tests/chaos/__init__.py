"""kill -9 of every part in the middle of purchases. It proves process crashes, not power loss."""
