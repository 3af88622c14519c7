"""What compose.yaml needs beside the images: secrets and certificates, made once."""
