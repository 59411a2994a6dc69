"""Edge cases in which unbraid deliberately differs from the original code (docs/metrics.md lists them)."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch
from metric_worlds import World
from sklearn.linear_model import LogisticRegression
from unbraid_worlds import WorldData

from unbraid.common.configuration.parsing import configured
from unbraid.evaluation.metrics.flatness import compute_flatness
from unbraid.evaluation.metrics.linearity import compute_linearity
from unbraid.evaluation.metrics.local_mig import compute_local_mig
from unbraid.evaluation.metrics.udr import compute_udr_sklearn
from unbraid.metrics.estimators.classification import area_under_curve
from unbraid.metrics.groups.tuple_votes import steadiest_codes, votes_of_groups
from unbraid.metrics.scores.infomec import ratio_above_chance
from unbraid.metrics.scores.jemmig import jemmig_per_factor
from unbraid.metrics.scores.modularity_explicitness import modularity
from unbraid.training.losses.kl_decomposition import uniform_log_weights

SINGLE = World((1, 4, 5), (0, 1, 2))


def read_factors(images: np.ndarray) -> np.ndarray:
    """Codes (n, 3) of images of SINGLE: its factors."""
    places = np.rint(np.asarray(images).reshape(-1) * SINGLE.num_images).astype(int)
    return SINGLE.grid_values()[places].astype(np.float32)


@pytest.mark.parametrize("rounding", [0.0, 1e-15, -1e-15])
def test_of_codes_that_tie_jemmig_takes_the_one_with_the_lower_joint_entropy(rounding: float) -> None:
    entropy = np.log(4)
    information = np.array([[entropy], [entropy + rounding]])  # both codes determine the factor
    for codes in ([0, 1], [1, 0]):
        found = jemmig_per_factor(information[codes], np.array([entropy]), np.array([entropy, np.log(8)])[codes], 10)
        # H(v, z*) - I(v; z*) + I(v; z') with the code that holds nothing but the factor
        assert found == pytest.approx([1 - (entropy - entropy + entropy) / (entropy + np.log(10))])


def test_infomec_leaves_out_lines_without_information() -> None:
    information = np.array([[0.9, 0.1], [0.0, 0.0]])  # the original: 0 / 0, and the score is NaN
    assert ratio_above_chance(information, axis=1) == pytest.approx((0.9 - 0.5) / 0.5)
    assert np.isnan(ratio_above_chance(np.zeros((2, 2)), axis=1))


def test_m_fvm_without_enough_active_codes_is_undefined() -> None:
    groups = [(np.array([[0, 1]]), np.arange(12.0).reshape(1, 4, 3))]
    assert votes_of_groups(groups, np.ones(3), np.zeros(3, dtype=bool)) is None  # the original: 0
    assert votes_of_groups(groups, np.ones(3), np.array([True, True, False])) is not None


def test_m_fvm_names_the_first_of_codes_that_tie() -> None:
    codes = np.tile(np.arange(4.0)[:, np.newaxis], (1, 1, 4))  # four codes that are equal; the original: torch.topk
    assert steadiest_codes(codes, np.ones(4), np.ones(4, dtype=bool), 2).tolist() == [[0, 1]]


def test_modularity_of_a_dead_code_is_0() -> None:
    information = np.array([[1.0, 0.0], [0.0, 0.0]])  # the review's code: 0 / 0, and the score is NaN
    assert modularity(information) == 0.5


def test_a_value_without_training_points_has_no_column_in_the_area() -> None:
    codes, labels = np.array([[0.0], [0.1], [1.0], [1.1]]), np.array([0, 0, 2, 2])
    classifier = LogisticRegression().fit(codes, labels)
    with_unseen = area_under_curve(classifier, np.array([[0.0], [1.0], [0.5]]), np.array([0, 2, 1]))
    # each of 0 and 2 is ranked against all other points; the original pairs the column of 2 with the labels 1
    assert with_unseen == 1.0


def test_local_mig_of_fixed_factors_is_undefined() -> None:
    bindings = ("discretizer.discretizer_fn = @histogram_discretizer\ndiscretizer.num_bins = 5\n"
                "local_mig.num_train = 50\nlocal_mig.num_local_clusters = 2\n"
                "local_sample_factors.locality_proportion = 0.0\nlocal_sample_factors.continuity_cutoff = 2\n"
                "local_sample_factors.denylist_factors = []\n")
    with configured((), [bindings]):  # the original averages memory that it never wrote
        found = compute_local_mig(WorldData(SINGLE), read_factors, np.random.RandomState(0))
    assert np.isnan(found["discrete_mig"])


@pytest.mark.parametrize(("metric", "key"), [(compute_flatness, "flatness.ave_flatness"),
                                             (compute_linearity, "linearity.linear_ratio.var")])
def test_a_factor_with_one_value_is_left_out_of_traversals(metric, key: str) -> None:
    whole = World((4, 5), (0, 1))
    found = metric(WorldData(SINGLE), read_factors, np.random.RandomState(0), repeats=3)
    without = metric(WorldData(whole), read_factors, np.random.RandomState(0), repeats=3)
    assert found[key] == pytest.approx(without[key])  # the original draws an image more, or divides by 0


def test_minibatch_weighted_sampling_divides_by_the_batch_and_the_data() -> None:
    weights = uniform_log_weights(8, 1000, torch.zeros(1))
    assert weights.exp().sum(dim=1) == pytest.approx(1 / 1000 * np.ones(8), rel=1e-5)  # theirs has no weights at all


def test_udr_takes_its_arguments_in_the_references_order() -> None:
    names = list(inspect.signature(inspect.unwrap(compute_udr_sklearn)).parameters)
    assert names[:9] == ["ground_truth_data", "representation_functions", "random_state", "batch_size",
                         "num_data_points", "correlation_matrix", "filter_low_kl", "include_raw_correlations",
                         "kl_filter_threshold"]

    def diverging(images):
        return read_factors(images)[:, 1:], np.ones(2)

    found = compute_udr_sklearn(WorldData(SINGLE), [diverging] * 2, np.random.RandomState(0), 10, 100, "spearman")
    assert found["model_scores"] == pytest.approx([1.0, 1.0], abs=0.1)
