"""The Python API: `unbraid.score` of arrays and `unbraid.evaluate` of models."""
