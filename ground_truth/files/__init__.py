"""Readers of the files that data sets are stored in."""
