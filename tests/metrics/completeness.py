"""What a metric lacks: fields of its declaration, keys or matrices that it returns undeclared, examples."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import Any, get_args, get_type_hints

from cases import EXACT, REFUSED

from unbraid.metrics.catalogue import names
from unbraid.metrics.declaration import Matrix, Metric, Score, matches
from unbraid.metrics.result import MetricResult

# Fields that may be empty, because not every metric has such a thing.  Of matrices and other keys those that the
# exact example returns must be declared.
OPTIONAL = {Metric: ("other_keys", "matrices", "aliases", "report_config"), Score: ("chance", "configs"), Matrix: ()}
HINTS = {part: get_type_hints(part) for part in OPTIONAL}


def missing_fields(metric: Metric) -> list[str]:
    """Fields that are empty or have a value that their type does not list, as CLASS.FIELD."""
    return [f"{type(part).__name__}.{field.name}" for part in (metric, *metric.scores, *metric.matrices)
            for field in fields(part)
            if field.name not in OPTIONAL[type(part)] and not _is_given(part, field.name)]


def _is_given(part: Any, name: str) -> bool:
    value = getattr(part, name)
    if name == "range":
        return len(value) == 2 and value[0] < value[1]
    choices = get_args(HINTS[type(part)][name])
    return value in choices if isinstance(value, str) and choices else bool(value)


def undeclared(metric: Metric, found: MetricResult) -> set[str]:
    """Keys and matrices of a result that the metric does not declare."""
    keys = {key for key in found if not any(matches(pattern, key) for pattern in metric.keys)}
    return keys | set(found.matrices) - {matrix.name for matrix in metric.matrices}


def without_examples(exact: Collection[str] = EXACT, refused: Collection[str] = REFUSED) -> set[str]:
    """Metrics without an exact example or an error example, and examples of no metric."""
    known = set(names())
    return known.symmetric_difference(exact) | known.symmetric_difference(refused)
