"""Evaluation: protocols that draw points, encode them, score the codes, and report the results."""
