"""auth: users, credentials, sessions, signing keys."""
