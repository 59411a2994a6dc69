"""Data sets with known factors, and image-only sets for training.  No torch below this roof."""
