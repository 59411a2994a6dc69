"""gin at the edge: files, names, bindings, and what is wrong with them."""
