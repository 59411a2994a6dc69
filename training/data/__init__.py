"""Batches of training images, pairs, and labelled images."""
