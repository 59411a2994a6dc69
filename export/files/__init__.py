"""The files of an export: metadata record, pickles, locating models on disk."""
