"""Test points that were trained on are counted, warned of, and avoided where that is asked for."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from metric_worlds import WORLDS, World, representation
from unbraid_worlds import WorldData

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import UserError
from unbraid.evaluation.protocol.evaluate import compute_scores, load_metrics
from unbraid.evaluation.sampling.code_table import CodeTable
from unbraid.evaluation.sampling.points import sample_codes
from unbraid.evaluation.sampling.stored_codes import StoredCodes
from unbraid.evaluation.sampling.train_and_test import sample_numbers, sample_train_and_test
from unbraid.evaluation.settings.split import using_split
from unbraid.ground_truth.sets.points import points

METRICS = {"sap_score": ["sap_score.num_train = 200", "sap_score.num_test = 100"],
           "modularity_explicitness": ["modularity_explicitness.num_train = 200",
                                       "modularity_explicitness.num_test = 100"],
           "downstream_task_logistic_regression": ["downstream_task.num_train = [100, 200]",
                                                   "downstream_task.num_test = 100"],
           "dci": ["dci.num_train = 200", "dci.num_test = 100"]}


@pytest.fixture
def own(tmp_path: Path) -> Any:
    """120 points of noise with random labels and one continuous factor: nothing can be predicted."""
    stream = np.random.RandomState(0)
    factors = np.stack([stream.randint(2, size=120), stream.uniform(size=120)], axis=1)
    np.savez(tmp_path / "points.npz", factors=factors)
    with configured():
        data = points(str(tmp_path / "points.npz"), factor_bins=4)
    return data, StoredCodes(stream.randn(120, 3).astype(np.float32), data, "codes.npy", "points"), factors


def score(metric: str, own: Any, *bindings: str) -> dict[str, Any]:
    load_metrics()
    with configured([metric], [*METRICS[metric], *bindings]):
        return compute_scores(own[0], own[1], artifact_dir=None)


@pytest.mark.parametrize("metric", METRICS)
def test_points_of_arrays_are_split_unless_the_reference_is_asked_for(metric: str, own: Any,
                                                                      caplog: pytest.LogCaptureFixture) -> None:
    split = score(metric, own)
    assert split["split"] == "disjoint"
    assert set(split["test_points_seen_in_training"].values()) == {0.0}
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        drawn = score(metric, own, "evaluation.split = 'reference'")
    assert drawn["split"] == "reference"
    assert max(drawn["test_points_seen_in_training"].values()) > 0.7
    assert "evaluation.split = 'disjoint' draws none twice" in caplog.text
    assert split["binned_factors"] == {"factor_1": 4}


def test_informativeness_of_noise_is_chance(own: Any) -> None:
    assert score("dci", own, "evaluation.split = 'reference'")["informativeness_test"] > 0.75
    assert score("dci", own)["informativeness_test"] < 0.6  # chance: (1 / 2 + 1 / 4) / 2


@pytest.mark.parametrize("world", ["grid", "hidden"])
@pytest.mark.parametrize("numbers", [(100, 50), (400, 300)])
def test_a_split_shares_no_image_and_keeps_the_proportion(world: str, numbers: tuple[int, int]) -> None:
    data, function = WorldData(WORLDS[world]), CodeTable(representation(world, "linear"))
    with using_split("disjoint", data), function.noting_requests() as requests:
        train, test = sample_train_and_test(data, function, *numbers, np.random.RandomState(0), 16)
    first, second = requests
    assert not set(first) & set(second)
    assert len(set(first)) == len(first)
    expected = numbers if sum(numbers) <= data.num_images else (data.num_images * 4 // 7, data.num_images * 3 / 7)
    assert (len(train[0]), len(test[1])) == pytest.approx(expected, abs=1)
    values = WORLDS[world].grid_values()[first][:, list(WORLDS[world].latent)]
    assert (train[1] == values).all()
    assert (train[0] == representation(world, "linear").codes[first]).all()


def test_the_reference_draws_as_ever() -> None:
    data, seed = WorldData(WORLDS["grid"]), np.random.RandomState(3)
    function = CodeTable(representation("grid", "linear"))
    expected = [sample_codes(data, function, number, seed, 16) for number in (100, 50)]
    found = sample_train_and_test(data, function, 100, 50, np.random.RandomState(3), 16)
    for (codes, factors), (expected_codes, expected_factors) in zip(found, expected, strict=True):
        assert (codes == expected_codes).all()
        assert (factors == expected_factors).all()


def test_regressions_see_the_numbers_of_binned_factors(own: Any) -> None:
    data, table, factors = own
    with table.noting_requests() as requests:
        _, found = sample_numbers(data, table, 50, np.random.RandomState(0), 16)
    assert found == pytest.approx(factors[np.concatenate(requests)])


def test_what_cannot_be_split_is_said() -> None:
    with using_split("disjoint", None), pytest.raises(UserError, match="cannot be split into 1 for training and 1"):
        data = WorldData(World((1, 1), (0, 1)))
        sample_train_and_test(data, CodeTable(lambda images: images), 1, 1, np.random.RandomState(0), 16)
    with pytest.raises(UserError, match=r"Unknown split 'disjunct'. Did you mean disjoint"), using_split(
            "disjunct", None):
        pass
