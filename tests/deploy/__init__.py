"""What carries the shop to a cluster, looked at without one: charts, images, files, and the load that tests put on it."""
