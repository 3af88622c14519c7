"""What the Dockerfiles share: how the content of an image is packed."""
