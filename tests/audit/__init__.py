"""The audit: it finds what was damaged by hand and nothing else, and can change nothing."""
