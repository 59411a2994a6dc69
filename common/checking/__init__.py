"""Values from outside, checked against type annotations and declared ranges."""
