"""The edge, on a real Envoy in front of a server that records what reaches it."""
