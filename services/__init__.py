"""The six services of Shopmesh and the chassis they stand on."""
