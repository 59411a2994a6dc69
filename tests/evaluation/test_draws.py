"""Bulk draws are the draws of `randint`, number for number, and leave the stream where it would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_worlds import WORLDS, representation
from unbraid_worlds import WorldData

from unbraid.common.errors import UserError
from unbraid.evaluation.metrics.factor_vae import compute_factor_vae
from unbraid.evaluation.sampling.batch_plans import is_plannable
from unbraid.evaluation.sampling.code_table import CodeTable
from unbraid.evaluation.sampling.draws import draw_integers
from unbraid.evaluation.sampling.neighbourhoods import clusters
from unbraid.evaluation.sampling.points import sample_codes, sample_groups
from unbraid.ground_truth.ground_truth_data import GroundTruthData


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 5000), st.integers(0, 40)), min_size=1, max_size=6), st.integers(0, 2**32 - 1),
       st.integers(1, 5))
def test_equals_randint(segments, seed, repeats):
    sizes, counts = zip(*segments, strict=True)
    ours, theirs = np.random.RandomState(seed), np.random.RandomState(seed)
    expected = [np.concatenate([theirs.randint(size, size=count) for size, count in segments]) for _ in range(repeats)]
    np.testing.assert_array_equal(draw_integers(ours, sizes, counts, repeats), expected)
    assert ours.randint(2**31) == theirs.randint(2**31)


def test_a_pending_normal_number_is_kept():
    ours, theirs = np.random.RandomState(0), np.random.RandomState(0)
    ours.standard_normal(), theirs.standard_normal()  # legacy normals come in pairs
    draw_integers(ours, [7], [5])
    theirs.randint(7, size=5)
    assert ours.standard_normal() == theirs.standard_normal()


def test_sizes_are_checked():
    with pytest.raises(UserError, match=r"below \[0\]: every size must be from 1"):
        draw_integers(np.random.RandomState(0), [0], [1])


class Unplanned(GroundTruthData):
    """A world as a data set that can only be asked, batch by batch, and returns arrays."""

    def __init__(self, world_data):
        self.data = world_data
        self.factor_names = world_data.factor_names

    factors_num_values = property(lambda self: self.data.factors_num_values)
    observation_shape = property(lambda self: self.data.observation_shape)

    def sample_factors(self, num, random_state):
        return self.data.sample_factors(num, random_state)

    def sample_observations_from_factors(self, factors, random_state):
        return np.asarray(self.data.sample_observations_from_factors(factors, random_state))


@pytest.fixture(params=["grid", "hidden"])
def both(request):
    """A planned data set, the same one unplanned, and a representation."""
    planned = WorldData(WORLDS[request.param])
    return planned, Unplanned(planned), representation(request.param, "noisy")


def test_a_plan_equals_asking_batch_by_batch(both):
    planned, unplanned, function = both
    assert is_plannable(planned)
    assert not is_plannable(unplanned)
    streams = np.random.RandomState(5), np.random.RandomState(5)
    found = sample_codes(planned, CodeTable(function), 100, streams[0], 16)
    expected = sample_codes(unplanned, function, 100, streams[1], 16)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert streams[0].randint(2**31) == streams[1].randint(2**31)


def test_planned_groups_equal_asking_group_by_group(both):
    planned, unplanned, function = both
    found, expected = [], []
    for data, table, results in ((planned, CodeTable(function), found), (unplanned, function, expected)):
        seen: list[np.ndarray] = []

        def double(factors, numbers, seen=seen):
            factors[:, np.arange(len(numbers)), :, numbers] = 0
            seen.extend(factors.swapaxes(0, 1))

        results += [*sample_groups(data, table, 9, 5, 2, double, np.random.RandomState(1)), np.array(seen)]
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_local_plans_equal_asking_batch_by_batch(both):
    from unbraid.common.configuration.parsing import configured

    planned, unplanned, function = both
    bindings = ["local_sample_factors.locality_proportion = 0.3", "local_sample_factors.continuity_cutoff = 4",
                "local_sample_factors.denylist_factors = [1]"]
    with configured((), bindings):
        ours, theirs = (list(clusters(data, function, np.random.RandomState(3), [50], 3, 16))
                        for data in (planned, unplanned))
    for (pair,), (other,) in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(pair[0], other[0])
        np.testing.assert_array_equal(pair[1], other[1])


def test_a_million_images_are_asked_for_as_one_index_array():
    requests = []

    class Counting(CodeTable):
        def __call__(self, observations):
            requests.append(len(observations))
            return super().__call__(observations)

    table = Counting(representation("binary", "linear"))
    compute_factor_vae(WorldData(WORLDS["binary"]), table, np.random.RandomState(0), batch_size=64, num_train=10000,
                       num_eval=5000, num_variance_estimate=10000)
    assert requests == [10000, 640000, 320000]
    assert table.num_encoded == WORLDS["binary"].num_images
