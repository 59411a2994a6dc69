"""What every metric does with perfect, permuted, rescaled, rotated, constant and doubled codes, one list a property."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from metric_worlds import TableRepresentation, World
from unbraid_worlds import WorldData

from unbraid.common.configuration import gin_internals
from unbraid.common.configuration.parsing import CONFIG_ROOT, configured
from unbraid.evaluation.protocol.evaluate import compute_scores, load_metrics
from unbraid.evaluation.reporting.declared.headlines import headline
from unbraid.evaluation.sampling.code_table import CodeTable
from unbraid.evaluation.settings.context import using_jobs

load_metrics()
WORLD = World((3, 4, 5), (0, 1, 2))
VALUES = WORLD.grid_values().astype(float)
SIZES = {
    "num_train": 120, "num_test": 60, "num_eval": 60, "num_variance_estimate": 200, "num_points": 600, "repeats": 6,
    "num_samples": 12, "global_subset_size": 10, "num_trees": 5, "max_depths": [1, 3, 6], "num_pairs": 5,
    "num_test_points_per_class": 10}
LISTS = {"downstream_task.num_train": [120]}
CUTS = ["cfasl_factor_vae_score.batch_size = 20", "cfasl_factor_vae_score.num_variance_estimate = 40",
        "cfasl_multi_factor_vae_score.batch_size = 20", "cfasl_multi_factor_vae_score.num_variance_estimate = 40",
        "prune_dims.threshold = 0.05", "local_sample_factors.continuity_cutoff = 4",
        "local_sample_factors.locality_proportion = 1.0", "local_sample_factors.denylist_factors = []",
        "lasso.alphas = [0.0001, 0.01]", "random_forest.max_depths = [8]", "random_forest.max_features = [1.0]",
        # forests draw codes by their place: what does not depend on it is the limit of many trees
        "dci_es.num_trees = 1000", "dci_es.max_depths = [3, 6]"]

# one config for each metric function that has one data set and one model
CONFIGS = ("beta_vae_sklearn", "factor_vae_metric", "mig", "dci", "sap_score", "modularity_explicitness", "irs",
           "unsupervised", "downstream_task_boosted_trees", "multi_factor_vae", "cfasl_factor_vae", "cfasl_mfvm",
           "clgvae_beta_vae", "factor_leakage", "mig_sup", "dcimig", "jemmig", "explicitness", "z_diff",
           "z_min_variance", "z_max_variance", "dci_lasso", "dci_random_forest", "dci_es", "infomec",
           "infomec_discrete", "flatness", "linearity", "distances", "fairness", "local_mig_1_0",
           "local_modularity_1_0", "local_dci_1_0", "local_sap_1_0", "local_irs_1_0")
ELSEWHERE = {  # metrics whose properties other tests hold
    "udr_sklearn", "unified_scores", "mig_qzx", "vae_losses", "reduced_downstream_task", "strong_downstream_task",
    "mig_validation", "dci_validation", "sap_score_validation", "unified_score_validation"}
TREES = {"dci", "downstream_task_boosted_trees", "fairness", "local_dci_1_0", "local_sap_1_0", "dci_random_forest",
         "dci_es", "infomec", "dci_lasso"}  # take seconds
LOWER_IS_BETTER = {"unsupervised", "factor_leakage", "fairness"}
NOISE_MAY_WIN = {"unsupervised", "fairness",  # of which noise is the best
                 "local_modularity_1_0", "local_irs_1_0",  # the codes of factors that are fixed count as dead
                 "sap_score", "local_sap_1_0"}  # tiny for many values and few points
BEST_IS_ONE = {"factor_vae_metric", "multi_factor_vae", "cfasl_factor_vae", "cfasl_mfvm", "beta_vae_sklearn", "irs",
               "flatness", "linearity", "z_min_variance", "z_max_variance", "z_diff",
               "downstream_task_boosted_trees"}
SCALE_MATTERS = {"beta_vae_sklearn", "clgvae_beta_vae", "z_diff",  # a penalised classifier, or thresholds on codes
                 "cfasl_factor_vae", "cfasl_mfvm", "sap_score", "local_sap_1_0", "irs", "local_irs_1_0", "infomec",
                 "flatness", "linearity", "distances", "unsupervised"}
ROTATION_IS_FREE = {"explicitness", "downstream_task_boosted_trees", "beta_vae_sklearn", "clgvae_beta_vae", "z_diff",
                    "distances", "fairness", "unsupervised", "sap_score", "local_sap_1_0",
                    "local_modularity_1_0",
                    # votes ask for an answer that is always the same, which three rotated codes may well give
                    "multi_factor_vae", "cfasl_mfvm", "z_min_variance", "z_max_variance"}
ONE_EACH = {"mig", "sap_score", "jemmig", "local_mig_1_0", "local_sap_1_0"}  # DCIMIG credits the best code only


def cases(configs: Iterable[str]) -> list[Any]:
    return [pytest.param(config, marks=[pytest.mark.slow] if config in TREES else []) for config in sorted(configs)]


def score(config: str, codes: np.ndarray) -> float:
    """The headline of a metric, its sizes cut down, on codes (60, num_codes) of the world's images."""
    with configured([config], cut_down(config)), using_jobs(1):
        table = CodeTable(TableRepresentation(WORLD, codes.astype(np.float32)))
        found = compute_scores(WorldData(WORLD), table, artifact_dir=None)
    if config.startswith("infomec"):
        return float(np.mean([found[key] for key in ("infom", "infoe", "infoc")][::2]))
    if config == "downstream_task_boosted_trees":
        return found["120:mean_test_accuracy"]
    return float(headline(found)[1])


def cut_down(config: str) -> list[str]:
    """Bindings for every parameter of the config's metric that is a size."""
    text = next(CONFIG_ROOT.rglob(f"{config}.gin")).read_text()
    if match := re.search(r'include "(\w+)\.gin"', text):
        text = next(CONFIG_ROOT.rglob(f"{match[1]}.gin")).read_text()
    name = re.search(r"_fn = @(\w+)", text)[1]
    parameters = inspect.signature(inspect.unwrap(gin_internals.configurable_of(name).wrapped)).parameters
    sizes = [f"{name}.{key} = {LISTS.get(f'{name}.{key}', value)}" for key, value in SIZES.items() if key in parameters]
    clusters = [f"{name}.num_local_clusters = 2"] if "num_local_clusters" in parameters else []
    return [*sizes, *clusters, *CUTS]


@functools.cache
def perfect(config: str) -> float:
    return score(config, VALUES)


def better(config: str, one: float, other: float) -> bool:
    if np.isnan(other):
        return True
    return one < other if config in LOWER_IS_BETTER else one > other


@pytest.mark.parametrize("config", cases(CONFIGS))
def test_perfect_codes_score_well(config: str) -> None:
    noise = score(config, np.random.RandomState(1).randn(60, 3))
    if config not in NOISE_MAY_WIN:
        assert better(config, perfect(config), noise)
    if config in BEST_IS_ONE:
        assert perfect(config) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("config", cases(CONFIGS))
def test_the_order_of_codes_does_not_matter(config: str) -> None:
    assert score(config, VALUES[:, [2, 0, 1]]) == pytest.approx(perfect(config), abs=0.02)


@pytest.mark.parametrize("config", cases(set(CONFIGS) - SCALE_MATTERS))
def test_the_scale_of_codes_does_not_matter(config: str) -> None:
    assert score(config, VALUES * [4.0, -2.0, 8.0] + 1) == pytest.approx(perfect(config), abs=0.02)


@pytest.mark.parametrize("config", cases(set(CONFIGS) - ROTATION_IS_FREE))
def test_rotated_codes_are_worse(config: str) -> None:
    rotation = np.linalg.qr(np.random.RandomState(2).randn(3, 3))[0]
    assert better(config, perfect(config), score(config, VALUES @ rotation))


@pytest.mark.parametrize("config", cases(CONFIGS))
def test_a_constant_code_is_borne(config: str) -> None:
    found = score(config, np.concatenate([VALUES, np.full((60, 1), 0.5)], axis=1))
    assert np.isfinite(found) or config in ("mig_sup", "unsupervised")  # whose manual says so


@pytest.mark.parametrize("config", cases(ONE_EACH))
def test_doubled_codes_are_worse(config: str) -> None:
    assert better(config, perfect(config), score(config, np.concatenate([VALUES, VALUES], axis=1)))


def test_every_metric_is_held_to_these_properties() -> None:
    functions = {re.search(r"^(\w+)\.", line)[1] for config in CONFIGS for line in cut_down(config)}
    registered = {selector.split(".")[-1] for selector, found in gin_internals.configurables().items()
                  if ".evaluation.metrics." in f".{selector}" and {"random_state", "observations"} & set(
                      inspect.signature(inspect.unwrap(found.wrapped)).parameters)}
    assert registered <= functions | ELSEWHERE
