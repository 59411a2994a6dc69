"""Disentanglement metrics as functions of arrays."""
