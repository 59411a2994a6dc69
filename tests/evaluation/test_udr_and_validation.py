"""UDR, labellers and the fixed-data variants against the repository of disentanglement_lib (see make_goldens.py)."""

from __future__ import annotations

import numpy as np
import pytest
from metric_worlds import WORLDS, representation
from unbraid_worlds import WorldData, goldens

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import UserError
from unbraid.evaluation.metrics import dci, mig, sap_score
from unbraid.evaluation.metrics.udr import compute_udr_sklearn
from unbraid.ground_truth.labellers import sample_supervised_data
from unbraid.metrics.scores.udr_sklearn import relative_strength

GOLDENS = goldens("repository")


def with_divergence(function):
    def encode(images):
        means = function(images)
        log_variances = -np.abs(means)
        return means, np.mean(0.5 * (np.square(means) + np.exp(log_variances) - log_variances - 1), axis=0)

    return encode


@pytest.mark.parametrize("kind", ["lasso", "spearman"])
def test_udr_equals_the_reference(kind):
    functions = [with_divergence(representation("grid", name)) for name in ("linear", "permuted", "noisy", "constant")]
    found = compute_udr_sklearn(WorldData(WORLDS["grid"]), functions, np.random.RandomState(4), batch_size=10,
                                num_data_points=200, correlation_matrix=kind)
    expected = GOLDENS["udr"][f"udr_{kind}"]
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, atol=1e-6, err_msg=key)


def test_udr_compares_models_with_different_numbers_of_codes_and_gives_0_where_nothing_is_left():
    wide, narrow = (with_divergence(representation(world, "linear")) for world in ("grid", "grid"))

    def first_two(images):
        return tuple(array[..., :2] for array in narrow(images))

    def silent(images):
        return representation("grid", "noisy")(images), np.zeros(5)

    found = compute_udr_sklearn(WorldData(WORLDS["grid"]), [wide, first_two, silent], np.random.RandomState(0),
                                batch_size=10, num_data_points=100)
    assert found["pairwise_disentanglement_scores"][0][2] == [0.0]
    assert np.shape(found["raw_correlations"][0][1]) == (5, 2)


def test_udr_says_what_it_cannot_use():
    data = WorldData(WORLDS["grid"])
    function = with_divergence(representation("grid", "linear"))
    with pytest.raises(UserError, match="got 1, expected two or more"):
        compute_udr_sklearn(data, [function], np.random.RandomState(0), batch_size=10, num_data_points=100)
    with pytest.raises(UserError, match=r"num_data_points is 105; expected a multiple of udr_sklearn.batch_size, 10"):
        compute_udr_sklearn(data, [function] * 2, np.random.RandomState(0), batch_size=10, num_data_points=105)
    with pytest.raises(UserError, match="Unknown correlation matrix 'pearson'"):
        compute_udr_sklearn(data, [function] * 2, np.random.RandomState(0), batch_size=10, num_data_points=100,
                            correlation_matrix="pearson")


def test_matched_codes_have_full_strength():
    assert relative_strength(np.eye(4)[::-1]) == 1.0
    assert relative_strength(np.full((2, 2), 1.0)) == 0.5


@pytest.mark.parametrize("labeller", sorted(GOLDENS["validation"]))
def test_fixed_data_variants_equal_the_reference(labeller):
    expected = GOLDENS["validation"][labeller]
    bindings = [f"labeller.labeller_fn = @{labeller}", "discretizer.discretizer_fn = @histogram_discretizer",
                "discretizer.num_bins = 20", "bin_labeller.num_bins = 3"]
    function, saved = representation("grid", "linear"), np.random.get_state()
    with configured((), bindings):
        images, labels, _ = sample_supervised_data(6, WorldData(WORLDS["grid"]), 150)
        np.random.seed(6)
        found = {
            "mig": mig.compute_mig_on_fixed_data(images, labels.T, function),
            "dci": dci.compute_dci_on_fixed_data(images, labels.T, function, train_percentage=0.7),
            "sap": sap_score.compute_sap_on_fixed_data(images, labels.T, function, train_percentage=0.7,
                                                       continuous_factors=False)}
        np.random.set_state(saved)
    for metric, scores in expected.items():
        for key, value in scores.items():
            assert found[metric][key] == pytest.approx(value, abs=1e-6 if metric == "sap" else 1e-12), (metric, key)


def test_fixed_data_says_what_is_wrong_with_it():
    images, function = WORLDS["grid"].images(np.arange(20)), representation("grid", "linear")
    with pytest.raises(UserError, match=r"shape \(4, 19\) for 20 observations"):
        dci.compute_dci_on_fixed_data(images, np.zeros((4, 19)), function, train_percentage=0.5)
    with pytest.raises(UserError, match=r"train_percentage is 1.0, which leaves 20 of 20"):
        dci.compute_dci_on_fixed_data(images, np.zeros((4, 20)), function, train_percentage=1.0)
