"""Scores equal those of the reference on the same worlds, seeds and library versions (see make_goldens.py).

Where scikit-learn is as old as setup.py allows, they equal those of the reference with that scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn
from metric_worlds import LOCAL, PUBLISHED, VERSIONED, lowest
from unbraid_worlds import call, goldens

SOLVED = {"modularity_explicitness", "beta_vae_sklearn", "sap_score", "unified_scores",
          "downstream_task_logistic_regression"}  # an iterative solver decides, whose path depends on the processor
EQUAL, NEARLY = 1e-12, 1e-6
QUICK = {"downstream_task_logistic_regression": 1, "modularity_explicitness": 8}  # cases; the others are slow

METRICS = {**PUBLISHED, **LOCAL}
RECORDED = {**goldens("published"), **goldens("local")}
if sklearn.__version__.startswith("1.5."):
    METRICS |= {name: lowest(PUBLISHED[name]) for name in VERSIONED}
    RECORDED |= goldens("lowest")


def differences(found: dict, expected: dict, tolerance: float) -> dict[str, tuple]:
    """Keys whose values differ by more than the tolerance, NaN being equal to NaN."""
    wrong = {}
    for key, value in expected.items():
        ours, theirs = np.asarray(found.get(key), dtype=float), np.asarray(value, dtype=float)
        if not np.allclose(ours, theirs, rtol=tolerance, atol=tolerance, equal_nan=True):
            wrong[key] = (found.get(key), value)
    return wrong


@pytest.mark.parametrize("name", sorted(METRICS))
def test_scores_equal_the_reference(name):
    check(name, METRICS[name].cases[:QUICK.get(name)])


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(QUICK))
def test_remaining_scores_equal_the_reference(name):
    check(name, METRICS[name].cases[QUICK[name]:])


def check(name, cases):
    wrong, metric = {}, METRICS[name]
    for case in cases:
        expected = RECORDED[name]["/".join(map(str, case))]
        found = call(metric, case)
        if "error" not in expected:
            tolerance = NEARLY if name in SOLVED else EQUAL
            wrong |= {(*case, key): values for key, values in differences(found, expected, tolerance).items()}
        assert all(value is not None for value in found.values())
    assert not wrong


def test_there_are_thirty_cases_with_hidden_factors_and_dead_doubled_and_constant_codes():
    cases = set(PUBLISHED["mig"].cases)
    assert len(cases) >= 30
    assert {name for _, name, _ in cases} >= {"dead", "doubled", "constant"}
    assert all(math.isfinite(RECORDED["mig"]["/".join(map(str, case))]["discrete_mig"]) for case in cases)
