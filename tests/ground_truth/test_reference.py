"""The same files, seeds and calls as the reference classes: equal factors, equal images, as much drawn (goldens/)."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from unbraid.ground_truth.registry import data_sets

GOLDENS = np.load(Path(__file__).parent / "goldens" / "reference.npz")
NAMES = sorted({key.split("/")[0] for key in GOLDENS.files if key.count("/") == 2 and key.endswith("next")})
NUM, SEEDS = 7, (0, 1, 2)


def digest(images):
    return hashlib.sha256(np.ascontiguousarray(images, dtype=np.float32).tobytes()).hexdigest()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_sample_equals_the_reference(fake_data, name, seed):
    state = np.random.RandomState(seed)
    factors, observations = data_sets()[name]().sample(NUM, state)
    np.testing.assert_array_equal(factors, GOLDENS[f"{name}/{seed}/factors"])
    assert digest(observations) == GOLDENS[f"{name}/{seed}/images"].item()
    assert state.randint(2**31) == GOLDENS[f"{name}/{seed}/next"]


def test_a_slice_of_the_observations_is_a_slice_of_the_images(fake_data):
    for name in NAMES:
        _, observations = data_sets()[name]().sample(NUM, np.random.RandomState(0))
        images = np.asarray(observations)
        for key in (slice(2, 5), slice(None, None, -1), np.array([6, 0, 0, 3])):
            np.testing.assert_array_equal(observations[key], images[key], err_msg=name)
