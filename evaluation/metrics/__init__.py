"""One metric a file: a pure score of arrays under a thin function with disentanglement_lib's name and signature."""
