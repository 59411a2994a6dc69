"""Every registered metric has a config that runs it and a row in the manual."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from unbraid.common.configuration import gin_internals
from unbraid.common.configuration.parsing import CONFIG_ROOT, configured
from unbraid.evaluation.protocol.evaluate import load_metrics
from unbraid.evaluation.protocol.presets import presets

ROOT = Path(__file__).resolve().parents[2]
load_metrics()
METRICS = sorted(
    selector.split(".")[-1] for selector, found in gin_internals.configurables().items()
    if ".evaluation.metrics." in f".{selector}" and {"random_state", "observations"} & set(
        inspect.signature(inspect.unwrap(found.wrapped)).parameters))
CONFIGS = sorted(path for folder in ("evaluation", "validation", "presets")
                 for path in (CONFIG_ROOT / folder).glob("**/*.gin"))


def test_the_originals_are_registered():
    assert set(METRICS) >= {
        "beta_vae_sklearn", "factor_vae_score", "mig", "dci", "sap_score", "modularity_explicitness", "irs",
        "unsupervised_metrics", "downstream_task", "reduced_downstream_task", "strong_downstream_task", "fairness",
        "unified_scores", "udr_sklearn", "local_mig", "local_modularity", "mig_validation", "dci_validation",
        "sap_score_validation", "unified_score_validation", "local_dci", "local_sap", "local_irs"}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configs_parse(path):
    with configured([path]):
        pass


@pytest.mark.parametrize("name", METRICS)
def test_has_a_config(name):
    assert any(re.search(rf"_fn = @{name}\b", path.read_text()) for path in CONFIGS), name


@pytest.mark.parametrize("name", METRICS)
def test_is_in_the_manual(name):
    assert f"`{name}`" in (ROOT / "docs" / "metrics.md").read_text()


@pytest.mark.parametrize("name", presets())
def test_presets_are_in_the_manual(name):
    assert f"`{name}`" in (ROOT / "docs" / "metrics.md").read_text()
