"""How numbers are computed: threads, plain arrays, settings of a GPU."""
