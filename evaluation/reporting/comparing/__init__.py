"""Compares scores of many models: comparable columns, groups over seeds, tests, plots, and missing scores."""
