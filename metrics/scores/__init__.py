"""One file per metric: its declaration, its formula, and the function `unbraid.metrics.NAME`."""
