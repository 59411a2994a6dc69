"""Which scores are better when they are small, as the metrics declare it."""

from __future__ import annotations

from ....metrics.declaration_lookup import direction

# Numbers of results that are no scores: the time of an evaluation, and losses of a training.
NOT_SCORES = ("elapsed_time", "loss")


def is_lower_better(key: str) -> bool:
    """Whether a smaller value of the number `key` is the better one; all others are better when they are large."""
    return any(part in key for part in NOT_SCORES) or direction(key) == "low"
