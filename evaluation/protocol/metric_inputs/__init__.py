"""What metrics receive of a model: codes, posterior and divergences, from the model itself or from a table of codes."""
