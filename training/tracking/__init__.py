"""Trackers: services that keep the parameters, losses and scores of many runs, such as MLflow and Weights & Biases."""
