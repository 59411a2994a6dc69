"""Training: architectures, objectives and one loop; writes checkpoints and knows nothing of what becomes of them."""
