"""The number that a metric is quoted by, and how scores are written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ....metrics.declaration_lookup import headline_key

NOT_SCORES = ("elapsed_time",)


def headline(results: Mapping[str, Any]) -> tuple[str, float | None]:
    """Returns key and value of the number a metric is quoted by; None where it could not be computed.

    A metric without a declaration is quoted by its first number."""
    numbers = [key for key, value in results.items()
               if key not in NOT_SCORES and (value is None or isinstance(value, (int, float)))]
    key = headline_key(numbers) or (numbers[0] if numbers else "")
    return key, results.get(key)


def format_score(value: float | None) -> str:
    """Returns four decimals, or "-" for a score that could not be computed."""
    return "-" if value is None or math.isnan(value) else f"{value:.4f}"
