"""How fast one variant is reserved, against PostgreSQL doing the same without us."""
