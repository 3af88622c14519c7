"""What drives the use cases: gRPC methods, event handlers, task handlers, loops, commands."""
