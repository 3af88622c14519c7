"""The order service: orders as event streams, from placing to their end."""
