"""What auth drives: PostgreSQL, password hashing, token signing."""
