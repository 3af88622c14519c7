"""The audit: asks a running shop, by roles that can only read, whether its books agree. See docs/auditing.md."""
