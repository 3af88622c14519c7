"""The shop on a Kubernetes: installed, upgraded, hurt and measured there; run by make test-cluster only."""
