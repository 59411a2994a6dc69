"""Faster training with the same results: layers, memory, precision, compilation."""
