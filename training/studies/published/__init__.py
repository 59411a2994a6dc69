"""The published studies, one file for each source project."""
