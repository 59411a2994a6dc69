"""The formulas of the newer metrics on examples worked by hand, and what each says of input it cannot score."""

from __future__ import annotations

import numpy as np
import pytest
from metric_worlds import BINS, TableRepresentation, World
from unbraid_worlds import WorldData

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import UserError
from unbraid.evaluation.protocol.evaluate import compute_scores, load_metrics
from unbraid.evaluation.sampling.code_table import CodeTable
from unbraid.evaluation.sampling.fixed_factors import fix_factors
from unbraid.evaluation.sampling.traversals import drawn_traversals
from unbraid.metrics.groups.labelled import shuffled_supply, take_groups
from unbraid.metrics.groups.traversals import mean_over_factors
from unbraid.metrics.groups.tuple_votes import count_tuples, steadiest_codes, tuple_accuracy
from unbraid.metrics.groups.votes import above_chance
from unbraid.metrics.scores.dci_es import explicitness_of_curve
from unbraid.metrics.scores.dcimig import credited_gaps
from unbraid.metrics.scores.distances import compared
from unbraid.metrics.scores.factor_leakage import leakage
from unbraid.metrics.scores.flatness import mean_step, width
from unbraid.metrics.scores.infomec import active_codes_by_range, ratio_above_chance
from unbraid.metrics.scores.jemmig import jemmig_per_factor
from unbraid.metrics.scores.linearity import linearity_of, share_of_largest
from unbraid.metrics.scores.mig_sup import gaps_per_code
from unbraid.metrics.scores.z_diff import pairs_with_a_value
from unbraid.metrics.scores.z_max_variance import groups_with_other_values


def test_m_fvm_is_the_mean_share_of_each_tuples_most_frequent_answer():
    train, evaluation = np.array([[3, 1], [0, 0], [1, 1]]), np.array([[1, 3], [0, 2], [0, 0]])
    assert tuple_accuracy(train, train) == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert tuple_accuracy(train, evaluation) == pytest.approx((1 / 4 + 0) / 2)  # the second tuple was never trained


def test_m_fvm_counts_the_codes_that_vary_least():
    codes = np.zeros((2, 4, 3))
    codes[0, :, 0], codes[0, :, 1], codes[0, :, 2] = [0, 9, 0, 9], [0, 2, 0, 2], [0, 1, 0, 1]
    codes[1, :, 0] = [0, 1, 0, 1]
    named = steadiest_codes(codes, np.ones(3), np.array([True, True, True]), 2)
    assert named.tolist() == [[1, 2], [1, 2]]
    assert count_tuples([np.array([0, 1])], [named], 3)[0].tolist() == [[1], [1], [0]]


def test_several_factors_are_fixed_to_the_first_points_values():
    factors = np.arange(12).reshape(1, 1, 4, 3)
    fix_factors([(0, 2), (1, 2)])(factors, np.array([0]))
    assert factors[0, 0].tolist() == [[0, 1, 2], [0, 4, 2], [0, 7, 2], [0, 10, 2]]


def test_leakage():
    found = leakage(np.array([[1.0, 0.0], [0.5, 2.0]]))
    assert found["factor_leakage_mean"] == pytest.approx((0.5 + 0) / 2)
    assert found["factor_leakage_norm_mean"] == pytest.approx((0.5 + 0) / 2)
    assert found["factor_leakage_auc"] == pytest.approx(((1 + 1 + 0.5 + 0) / 4 + 0.25) / 2)
    assert found["factor_leakage_nm_auc"] == pytest.approx(0.25)


def test_mig_sup_dcimig_and_jemmig():
    information = np.array([[1.0, 0.2], [0.3, 0.9]])
    assert gaps_per_code(information, np.array([2.0, 1.0])) == pytest.approx([0.4, 0.6])
    assert credited_gaps(information, np.array([1.0, 1.5])) == pytest.approx((0.8 + 0.6) / 2.5)
    # the best code of factor 0 holds all of it (1 nat) and 1 nat more: H(v, z) = 1 + 2 - 1, I = 1, second 0.3
    assert jemmig_per_factor(information[:, :1], np.array([1.0]), np.array([2.0, 1.0]), 10)[0] == pytest.approx(
        1 - (2 - 1 + 0.3) / (1 + np.log(10)))


def test_dcimig_credits_a_factor_with_its_best_code_only():
    assert credited_gaps(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([1.0, 1.0])) == 0.5


def test_infomec_shares_above_chance():
    information = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 0.0]])
    assert ratio_above_chance(information, axis=1) == pytest.approx(((1 + 0.5) / 2 - 1 / 2) / (1 - 1 / 2))
    assert ratio_above_chance(np.array([[3.0], [1.0]]), axis=0) == pytest.approx((3 / 4 - 1 / 2) / (1 / 2))
    assert active_codes_by_range(np.array([[0, 0, 0], [100, 4, 6]]), 0.05).tolist() == [True, False, True]


def test_explicitness_is_the_area_over_a_loss_capacity_curve():
    capacities = np.array([1.0, 2.0, 3.0])
    assert explicitness_of_curve(capacities, np.array([0.5, 0.25, 0.0]), 0.5) == pytest.approx(0)  # a straight fall
    assert explicitness_of_curve(capacities, np.array([0.1, 0.1, 0.4]), 0.5) == 1  # the best so far counts
    assert explicitness_of_curve(np.array([1.0, 3.0]), np.array([0.4, 0.2]), 1.0) == pytest.approx(1 - 2 * 0.2 / 2)


def test_a_straight_line_on_an_axis_is_flat():
    line = np.zeros((1, 5, 3))
    line[0, :, 1] = np.arange(5)
    assert width(line, 1) == width(line, 2) == [4]
    assert mean_step(line, 1) == 1  # the closing step, of 4, is left out
    zigzag = line.copy()
    zigzag[0, :, 1] = [0, 4, 1, 3, 2]
    assert width(zigzag, 2) / (4 * mean_step(zigzag, 2)) == 0.5


def test_linearity_compares_axes_and_directions():
    diagonal = np.arange(5.0)[np.newaxis, :, np.newaxis] * np.array([1.0, 1.0])
    found = linearity_of(diagonal)
    assert found["linearity.linear_ratio.var"] == pytest.approx(1)
    assert found["linearity.axis_ratio.var"] == found["linearity.axis_alignment.var"] == pytest.approx(0)
    assert linearity_of(diagonal * [1, 0])["linearity.axis_alignment.var"] == pytest.approx(1)
    assert share_of_largest(np.array([3.0, 1.0])) == pytest.approx((3 / 4 - 1 / 2) * 2)


def test_triplets_compare_distances():
    ground = np.array([[1, 2, 3], [2, 1, 3]])
    assert compared(ground, 5.0 * ground) == pytest.approx((1, 1, 1))
    alike, rank, _ = compared(ground, np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 3.0]]))
    assert alike == pytest.approx(2 / 3)
    assert -1 < rank < 1
    assert np.isnan(compared(ground, np.ones((2, 3)))[1])


def test_means_over_factors():
    scores = [{"a": 0.25}, {"a": 1.0}]
    assert mean_over_factors(scores, "geometric") == {"a": 0.5, "a.by_factor": [0.25, 1.0]}
    assert mean_over_factors(scores, "arithmetic")["a"] == 0.625
    with pytest.raises(UserError, match="mean is 'harmonic' over 2 factors; expected one of geometric, arithmetic"):
        mean_over_factors(scores, "harmonic")


def test_traversals_go_through_all_values_of_one_factor():
    found = drawn_traversals(WorldData(World((3, 4), (0, 1))), 1, 6, np.random.RandomState(0))
    assert found.shape == (6, 4, 2)
    assert (found[:, :, 1] == np.arange(4)).all()
    assert (found[:, :, 0] == found[:, :1, 0]).all()


def test_groups_are_taken_from_the_rows_they_may_have():
    supply = shuffled_supply(np.array([3, 5, 7]), 7, np.random.RandomState(0))
    assert sorted(supply[:3]) == sorted(supply[3:6]) == [3, 5, 7]
    train, evaluation = take_groups([np.array([0, 1]), np.array([2, 3, 4])], np.array([1, 0, 1]), np.array([1]), [0, 1],
                                    3, np.random.RandomState(0))
    assert train.shape == (3, 3)
    assert evaluation.shape == (1, 3)
    assert set(train[0]) <= {0, 1}
    assert set(train[1:].ravel()) | set(evaluation.ravel()) <= {2, 3, 4}
    assert above_chance(0.25, 4) == 0
    assert above_chance(1.0, 4) == 1


def test_pairs_share_a_value_and_differ():
    labels = np.array([0, 0, 0, 1, 1, 2])
    first, second = pairs_with_a_value(labels, 40, np.random.RandomState(0))
    assert (labels[first] == labels[second]).all()
    assert (first != second).all()
    assert pairs_with_a_value(np.arange(4), 3, np.random.RandomState(0)) is None


def test_all_other_factors_are_fixed_for_z_max_variance():
    factors = np.stack(np.unravel_index(np.arange(12), (2, 2, 3)), axis=1)
    for rows in groups_with_other_values(factors, 2, 4, 3, 5, np.random.RandomState(0)):
        assert (factors[rows][:, :, :2] == factors[rows][:, :1, :2]).all()
    assert groups_with_other_values(factors[::3], 2, 4, 3, 5, np.random.RandomState(0)) is None


def score(bindings: str, world: World, codes: np.ndarray, on_degenerate: str = "nan") -> dict:
    load_metrics()
    with configured((), [bindings, f"evaluation.random_seed = 0\nevaluation.on_degenerate = '{on_degenerate}'"]):
        return compute_scores(WorldData(world), CodeTable(TableRepresentation(world, codes.astype(np.float32))),
                              artifact_dir=None)


M_FVM = ("evaluation.evaluation_fn = @multi_factor_vae_score\nmulti_factor_vae_score.num_train = 300\n"
         "multi_factor_vae_score.num_eval = 100\nmulti_factor_vae_score.batch_size = 8\n"
         "multi_factor_vae_score.num_variance_estimate = 200\nprune_dims.threshold = 0.05\n")


def test_m_fvm_of_perfect_codes_is_1_for_every_number_of_factors():
    world = World((3, 4, 5, 4), (0, 1, 2, 3))
    found = score(M_FVM, world, world.grid_values())
    assert found["eval_accuracy"] == found["2:eval_accuracy"] == found["3:train_accuracy"] == 1
    mixed = world.grid_values() @ np.random.RandomState(0).randn(4, 4)
    assert score(M_FVM, world, mixed)["eval_accuracy"] < 0.9


@pytest.mark.parametrize(("bindings", "codes", "message"), [
    (M_FVM + "multi_factor_vae_score.num_fixed_factors = [3]\n", np.arange(60)[:, np.newaxis], "m-FVM fixes 2 to 2 of"),
    (M_FVM, np.arange(60)[:, np.newaxis], "names 2 codes, but 1 are active"),
    ("evaluation.evaluation_fn = @factor_leakage\nfactor_leakage.num_train = 50\n" + BINS, np.arange(60)[:, np.newaxis],
     "Factor leakage needs a second code"),
    ("evaluation.evaluation_fn = @jemmig\njemmig.num_train = 50\njemmig.num_bins = 10\n" + BINS,
     np.arange(60)[:, np.newaxis], "JEMMIG compares two codes"),
    ("evaluation.evaluation_fn = @mig_sup\nmig_sup.num_train = 50\n" + BINS,
     np.stack([np.arange(60), np.ones(60)], axis=1), r"Codes \[1\] are constant and have no MIG-sup"),
    ("evaluation.evaluation_fn = @factor_vae_score\nevaluation.scheme = @distinct_images\n"
     "factor_vae_score.num_train = 5\nfactor_vae_score.num_eval = 5\nfactor_vae_score.batch_size = 4\n"
     "factor_vae_score.num_variance_estimate = 61\n", np.random.RandomState(0).randn(60, 3),
     "Asked to draw 61 different images at a time, but the data set has 60"),
    ("evaluation.evaluation_fn = @linearity\nlinearity.repeats = 4\n", np.arange(60)[:, np.newaxis],
     "there is one code"),
    ("evaluation.evaluation_fn = @z_max_variance\nz_max_variance.num_points = 5\nz_max_variance.batch_size = 4\n"
     "z_max_variance.num_train = 5\nz_max_variance.num_eval = 5\nz_max_variance.num_variance_estimate = 5\n",
     np.random.RandomState(0).randn(60, 3), "No two of 5 points can form a group"),
])
def test_what_cannot_be_scored_is_said(bindings, codes, message):
    with pytest.raises(UserError, match=message):
        score(bindings, World((3, 4, 5), (0, 1, 2)), codes, on_degenerate="raise")


@pytest.mark.parametrize("name", ["factor_leakage", "mig_sup", "dcimig", "explicitness", "infomec", "dci_regression"])
def test_a_factor_with_one_value_gives_a_number_or_nan(name, caplog):
    world = World((1, 4, 5), (0, 1, 2))
    more = {"infomec": "infomec.discrete_latents = False\n",
            "dci_regression": "dci_regression.regressor = @lasso\n"}.get(name, "")
    found = score(f"evaluation.evaluation_fn = @{name}\n{name}.num_train = 60\n" + more + BINS, world,
                  np.random.RandomState(0).randn(20, 3))
    assert all(isinstance(value, (int, float)) for value in found.values())
    assert caplog.records or not any(np.isnan(value) for value in found.values())
