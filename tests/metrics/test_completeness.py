"""The checks of completeness find a gap wherever one is made."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from cases import EXACT, REFUSED
from completeness import OPTIONAL, missing_fields, undeclared, without_examples

from unbraid.metrics.catalogue import declarations, names
from unbraid.metrics.declaration import Matrix, Metric, Score

EMPTY: dict[str, Any] = {"scores": (), "range": (1, 1), "matrices": (), "other_keys": {}}
REQUIRED = [(part, field.name) for part, optional in OPTIONAL.items() for field in fields(part)
            if field.name not in optional]


def emptied(part: type, field: str, value: Any) -> Metric:
    """MIG's declaration with one field emptied, of the metric, its first score or its first matrix."""
    metric = declarations()["mig"]
    if part is Metric:
        return replace(metric, **{field: value})
    name = "scores" if part is Score else "matrices"
    first, *others = getattr(metric, name)
    return replace(metric, **{name: (replace(first, **{field: value}), *others)})


@pytest.mark.parametrize(("part", "field"), REQUIRED)
def test_a_declaration_without_a_field_is_found(part: type, field: str) -> None:
    assert missing_fields(declarations()["mig"]) == []
    assert missing_fields(emptied(part, field, EMPTY.get(field, ""))) == [f"{part.__name__}.{field}"]


@pytest.mark.parametrize(("part", "field"), [(Metric, "needs"), (Score, "cost"), (Score, "better")])
def test_a_value_that_no_reader_knows_is_found(part: type, field: str) -> None:
    assert missing_fields(emptied(part, field, "something")) == [f"{part.__name__}.{field}"]


def test_results_that_are_not_declared_are_found() -> None:
    found = EXACT["mig"][0]()
    assert undeclared(declarations()["mig"], found) == set()
    assert undeclared(emptied(Metric, "matrices", ()), found) == {"mutual_information"}
    assert undeclared(emptied(Metric, "other_keys", {}), found) == {"discrete_mig_varying_factors"}
    assert undeclared(emptied(Matrix, "name", "other"), found) == {"mutual_information"}


@pytest.mark.parametrize("name", names())
def test_a_metric_without_an_example_is_found(name: str) -> None:
    assert without_examples(exact=EXACT.keys() - {name}) == {name}
    assert without_examples(refused=REFUSED.keys() - {name}) == {name}
