"""Loss terms and the numerical parts that objectives are built from."""
