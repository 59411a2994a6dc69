"""Published studies: lists of training runs, each known by its number."""
