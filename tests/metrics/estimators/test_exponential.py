"""Exponentials for arrays: the C library's own, to the last bit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from unbraid.metrics.estimators.exponential import fill_exponentials, is_libm_reproduced

STREAM = np.random.RandomState(5)
VALUES = {
    "probabilities": -STREAM.exponential(3.0, 50_000),
    "both signs": STREAM.uniform(-511, 511, 50_000),
    "tiny": STREAM.uniform(-1, 1, 10_000) * 10.0 ** STREAM.uniform(-300, 0, 10_000),
    "steps of the table": np.arange(-3000, 3000) * math.log(2) / 256,
    "special": np.array([0.0, -0.0, 1.0, 700.0, -700.0, -745.0, -800.0, -np.inf]),
    "none": np.empty(0),
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("is_reproduced", [is_libm_reproduced(), False])
def test_every_bit_is_the_c_librarys(name, is_reproduced):
    values = VALUES[name]
    found, spare = np.empty_like(values), np.empty_like(values)
    fill_exponentials(values, found, spare, is_reproduced)
    assert found.tolist() == [math.exp(value) for value in values.tolist()]


def test_a_number_that_is_none_stays_one():
    values = np.array([1.0, np.nan])
    found = np.empty(2)
    fill_exponentials(values, found, np.empty(2), is_libm_reproduced())
    assert found[0] == math.e
    assert np.isnan(found[1])
