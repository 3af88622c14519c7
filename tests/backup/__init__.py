"""Backup and restore, from a damaged file to a whole shop that is wiped and comes back."""
