"""Estimators that metrics fit: boosted trees, logistic regression, and their numerical parts."""
