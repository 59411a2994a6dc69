"""Reads results: result files, the scores in them, the folder of a run, and labels of models."""
