"""Drawings of the demo shop's products as SVG, made of shapes only."""
