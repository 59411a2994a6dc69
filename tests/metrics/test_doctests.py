"""The examples in the docstrings of metrics and of the Python API run and print what they say."""

from __future__ import annotations

import doctest
import importlib

import numpy as np
import pytest

from unbraid.metrics.catalogue import metric_function, names

MODULES = ("unbraid.metrics", "unbraid.metrics.inputs", "unbraid.evaluation.api.scoring",
           "unbraid.evaluation.api.evaluating", "unbraid.export.callable_package",
           *(f"unbraid.metrics.scores.{name}" for name in names()))


@pytest.mark.parametrize("module", MODULES)
def test_examples(module: str) -> None:
    found = doctest.testmod(importlib.import_module(module), extraglobs={"np": np})
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("name", names())
def test_every_metric_has_an_example(name: str) -> None:
    assert ">>> " in (metric_function(name).__doc__ or "")
