"""The training run: the loop, its state, checkpoints, logs, and results."""
