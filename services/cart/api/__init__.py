"""What drives cart: gRPC and events."""
