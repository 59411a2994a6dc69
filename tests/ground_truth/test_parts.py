"""Parts of a data set: every image is in one of them, and draws stay inside."""

from __future__ import annotations

import numpy as np
import pytest

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import ConfigurationError, UserError
from unbraid.ground_truth.all_images import observations_in_order
from unbraid.ground_truth.bases.image_only import StoredImages
from unbraid.ground_truth.bases.parts import DataPart, hashed, held_out
from unbraid.ground_truth.ground_truth_data import GroundTruthData
from unbraid.ground_truth.named_data import get_named_ground_truth_data
from unbraid.ground_truth.sets.dsprites import DSprites
from unbraid.ground_truth.sets.three_dots import ThreeDots, ThreeDotsCacheSmall


class Pictures(StoredImages):
    """300 images without factors."""

    images = np.random.RandomState(0).randint(256, size=(300, 4, 4, 1)).astype(np.uint8)


class Arrays(GroundTruthData):
    """A data set of somebody else, whose observations are arrays."""

    factors_num_values, observation_shape, factor_names = [3], [4, 4, 1], ["a"]

    def sample_factors(self, num, random_state):
        return random_state.randint(3, size=(num, 1))

    def sample_observations_from_factors(self, factors, random_state):
        return np.zeros((len(factors), 4, 4, 1), dtype=np.float32)


@pytest.mark.parametrize("data", [Pictures(), DSprites([1, 3]), ThreeDots(), ThreeDotsCacheSmall()],
                         ids=lambda data: type(data).__name__)
@pytest.mark.parametrize(("part", "share"), [("train", 0.8), ("held_out", 0.2)])
def test_draws_are_of_the_part(data: GroundTruthData, part: str, share: float) -> None:
    chosen = DataPart(data, 0.8, part)
    drawn = chosen.sample_observations(1000, np.random.RandomState(1))
    assert len(drawn) == 1000
    assert chosen.holds(drawn.indices).all()
    assert not held_out(chosen).holds(drawn.indices).any()
    assert np.array_equal(drawn.indices, chosen.sample_observations(1000, np.random.RandomState(1)).indices)
    of_whole = data.sample_observations(1000, np.random.RandomState(2))
    assert chosen.holds(of_whole.indices).mean() == pytest.approx(share, abs=0.08)


def test_factors_are_those_of_the_images() -> None:
    data = ThreeDots()
    factors, observations = DataPart(data, 0.5, "held_out").sample(50, np.random.RandomState(0))
    assert np.array_equal(data.grid_index(factors), observations.indices)


def test_parts_are_disjoint_cover_all_and_differ_by_seed() -> None:
    parts = [DataPart(Pictures(), 0.7, part, seed) for seed in (0, 1) for part in ("train", "held_out")]
    indices = [observations_in_order(part).indices for part in parts]
    assert sorted(np.concatenate(indices[:2])) == sorted(np.concatenate(indices[2:])) == list(range(300))
    assert [len(found) for found in indices] == [part.num_images for part in parts]
    assert not np.array_equal(indices[0], indices[2])
    assert np.array_equal(observations_in_order(Pictures()).indices, np.arange(300))


def test_the_hash_is_splitmix64_and_uniform() -> None:
    assert hashed(np.array([0]), 0)[0] == (0xE220A8397B1DCDAF >> 11) / 2**53  # its first output for the seed 0
    shares = np.histogram(hashed(np.arange(100_000), 3), bins=10, range=(0, 1))[0] / 100_000
    assert shares == pytest.approx(np.full(10, 0.1), abs=0.005)


def test_what_cannot_be_divided_is_refused() -> None:
    with pytest.raises(UserError, match="Arrays returns arrays, so its images have no index"):
        DataPart(Arrays(), 0.5, "train")
    with pytest.raises(UserError, match="leaves the part 'held_out' of 300 images empty"):
        DataPart(Pictures(), 0.999999, "held_out")
    with pytest.raises(UserError, match="chooses images by their factors"):
        DataPart(ThreeDots(), 0.5, "train").sample_factors(3, np.random.RandomState(0))


@pytest.mark.parametrize(("bindings", "sentence"), [
    (["dataset.part = 'train'"], r"dataset.part is 'train', but nothing says how.*Add dataset.split"),
    (["dataset.part = 'test'"], "dataset.part is 'test'.*expected one of 'train', 'held_out'"),
    (["dataset.split = 1.0"], r"dataset.split is 1.0 .*between 0 and 1")])
def test_bindings_that_name_no_part_are_refused(bindings: list[str], sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence), configured([], ["dataset.name = 'threeDots'", *bindings]):
        get_named_ground_truth_data()
