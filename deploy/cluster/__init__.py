"""A real Kubernetes for tests, without an engine and without pulling an image. See README.md."""
