"""Which scores are better when they are small."""

from __future__ import annotations

LOWER_IS_BETTER = ("gaussian_total_correlation", "gaussian_wasserstein_correlation", "mutual_info_score",
                   "mean_fairness", "max_fairness", "strong_generalization_gap", "test_accuracy_reduced_factor",
                   "elapsed_time", "loss", "leakage")


def is_lower_better(key: str) -> bool:
    """Whether a smaller value of the number `key` is the better one; all others are better when they are large."""
    return any(part in key for part in LOWER_IS_BETTER)
