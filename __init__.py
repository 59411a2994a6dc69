"""unbraid: train, export and score disentangled representations."""

__version__ = "0.1.0"
