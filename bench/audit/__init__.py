"""How long the audit of a large shop takes, and in how much memory."""
