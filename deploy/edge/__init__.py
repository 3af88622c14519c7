"""The edge: Envoy's configuration, made from the contracts' descriptors and a few settings of the place it runs in."""
