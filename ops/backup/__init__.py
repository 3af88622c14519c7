"""The backup: every store that holds truth, of a shop that goes on running. See docs/backup.md."""
