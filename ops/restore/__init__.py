"""The restore: puts a whole shop back to the moment of a backup, behind a closed edge. See docs/backup.md."""
