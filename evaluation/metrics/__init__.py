"""One adapter per metric: its protocol under disentanglement_lib's signature, around `unbraid.metrics.NAME`."""
