"""From a trained model to its exported representation: the postprocessing step."""
