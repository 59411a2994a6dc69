"""Rasterizers of the procedural data sets."""
