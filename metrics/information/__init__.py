"""Binning, mutual information, and entropies."""
