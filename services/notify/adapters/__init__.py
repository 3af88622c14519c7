"""What notify drives: PostgreSQL, templates, SMTP."""
