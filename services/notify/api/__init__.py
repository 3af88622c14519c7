"""What drives notify: events, tasks, gRPC."""
