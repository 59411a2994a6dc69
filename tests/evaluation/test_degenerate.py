"""Input that leaves a score undefined gives NaN and a warning that says why, or one clear error."""

from __future__ import annotations

import logging
import re

import numpy as np
import pytest
from metric_worlds import BINS, PUBLISHED, REPRESENTATIONS, TREES, TableRepresentation, World
from unbraid_worlds import WorldData

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import UserError
from unbraid.evaluation.metrics import (
    beta_vae,
    dci,
    downstream_task,
    factor_vae,
    fairness,
    irs,
    mig,
    modularity_explicitness,
    sap_score,
    strong_downstream_task,
    unsupervised_metrics,
)
from unbraid.evaluation.settings import choices
from unbraid.evaluation.settings.context import evaluation_context

SINGLE_VALUE = World((1, 4, 5), (0, 1, 2))  # its first factor has one value
FUNCTIONS = {
    "mig": mig.compute_mig, "dci": dci.compute_dci, "sap_score": sap_score.compute_sap, "irs": irs.compute_irs,
    "modularity_explicitness": modularity_explicitness.compute_modularity_explicitness,
    "factor_vae_metric": factor_vae.compute_factor_vae, "beta_vae_sklearn": beta_vae.compute_beta_vae_sklearn,
    "unsupervised": unsupervised_metrics.unsupervised_metrics,
    "downstream_task_boosted_trees": downstream_task.compute_downstream_task, "fairness": fairness.compute_fairness,
    "strong_downstream_task": strong_downstream_task.compute_strong_downstream_task,
}


def score(name, world, codes, bindings="", on_degenerate="nan"):
    stream = np.random.RandomState(0)
    with configured((), [PUBLISHED[name].bindings, bindings]), evaluation_context(stream, on_degenerate):
        return FUNCTIONS[name](WorldData(world), TableRepresentation(world, codes.astype(np.float32)),
                               np.random.RandomState(0))


def noisy_values(world):
    return REPRESENTATIONS["noisy"](world)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize("kind", ["one code", "all constant", "a factor with one value"])
def test_no_metric_breaks(name, kind):
    world = SINGLE_VALUE if kind == "a factor with one value" else World((3, 4, 5), (0, 1, 2))
    codes = noisy_values(world)
    codes = {"one code": codes[:, :1], "all constant": np.full_like(codes, 0.1)}.get(kind, codes)
    results = score(name, world, codes)
    assert results
    assert all(isinstance(value, (int, float)) for value in results.values())


@pytest.mark.parametrize(("name", "key", "message"), [
    ("mig", "discrete_mig", "Factor 0 takes one value in the sample"),
    ("dci", "disentanglement", "Factor 0 takes one value, 0, in all 150 training points"),
    ("sap_score", "SAP_score", "Factor 0 takes one value in all 150 training points"),
    ("modularity_explicitness", "explicitness_score_test", "Factor 0 takes one value in the training points"),
    ("downstream_task_boosted_trees", "60:mean_test_accuracy", "Factor 0 takes one value, 0, in all 60"),
])
def test_a_factor_with_one_value_is_named(name, key, message, caplog):
    with caplog.at_level(logging.WARNING):
        results = score(name, SINGLE_VALUE, noisy_values(SINGLE_VALUE))
    assert np.isnan(results[key])
    assert any(re.search(message, record.getMessage()) for record in caplog.records)
    with pytest.raises(UserError, match=message):
        score(name, SINGLE_VALUE, noisy_values(SINGLE_VALUE), on_degenerate="raise")


def test_the_fixed_values_stand_beside_the_originals():
    world = World((3, 4, 5), (0, 1, 2))
    codes = noisy_values(world)
    codes[:, 2] = 0.1
    found = score("factor_vae_metric", world, codes)
    assert (found["num_active_dims"], found["num_active_dims_true"]) == (5, 4)
    found = score("irs", world, np.where(np.arange(5) == 2, 0.0, codes))
    assert found["num_active_dims_true"] == 4
    found = score("modularity_explicitness", world, codes)
    assert found["modularity_score_live_codes"] == pytest.approx(found["modularity_score"] * 5 / 4)
    found = score("mig", SINGLE_VALUE, noisy_values(SINGLE_VALUE))
    assert np.isnan(found["discrete_mig"])
    assert 0 <= found["discrete_mig_varying_factors"] <= 1


def test_no_active_code_scores_zero():
    found = score("factor_vae_metric", World((3, 4), (0, 1)), np.zeros((12, 3)))
    assert found == {"train_accuracy": 0.0, "eval_accuracy": 0.0, "num_active_dims": 0, "num_active_dims_true": 0}


def test_constant_codes_without_a_threshold_are_warned_of(caplog):
    with caplog.at_level(logging.WARNING):
        score("factor_vae_metric", World((3, 4), (0, 1)), np.stack([np.zeros(12), np.arange(12)], axis=1),
              "prune_dims.threshold = 0.0")
    assert "Codes [0] are constant and get every vote" in caplog.text


def test_undiscretised_factors_keep_their_values_apart():
    world = World((40, 3), (0, 1))
    codes = world.grid_values() + 0.1 * noisy_values(world)[:, :2]
    bindings = BINS + "irs.num_train = 2000\n"
    merged = score("irs", world, codes, bindings)["IRS"]
    assert score("irs", world, codes, bindings + "irs.discretize_factors = False\n")["IRS"] > merged + 0.01


def test_interventions_can_have_a_seed_of_their_own():
    world = World((3, 4, 5), (0, 1, 2))
    bindings = TREES + "strong_downstream_task.intervention_seed = {}\n"
    one, same, *others = (score("strong_downstream_task", world, noisy_values(world), bindings.format(seed))
                          for seed in (1, 1, 2, 3))
    assert one == same
    assert any(one != other for other in others)  # few points: two seeds may come to the same accuracies


def test_the_stable_wasserstein_correlation_agrees():
    world = World((3, 4, 5), (0, 1, 2))
    found, stable = (score("unsupervised", world, noisy_values(world),
                           f"unsupervised_metrics.symmetric_root = {choice}") for choice in (False, True))
    key = "gaussian_wasserstein_correlation"
    assert stable[key] == pytest.approx(found[key], abs=1e-9)


def test_unknown_choices_are_named():
    with pytest.raises(UserError, match="on_degenerate is 'ignore'; expected one of nan, raise"), \
            evaluation_context(on_degenerate="ignore"):
        pass
    with pytest.raises(UserError, match="Unknown implementation of boosted trees 'xgboost'"), \
            configured((), ["gradient_boosting_classifier.implementation = 'xgboost'"]):
        choices.gradient_boosting_classifier()
