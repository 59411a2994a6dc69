"""Samplers: which points are drawn, in the order of random draws of the reference, and their codes."""
