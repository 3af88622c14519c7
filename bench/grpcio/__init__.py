"""Measures grpcio releases, and what validation, mutual TLS and telemetry cost per call. See README.md."""
