"""What the use cases drive: PostgreSQL, MongoDB, the other services."""
