"""What drives auth: gRPC, commands, periodic tasks."""
