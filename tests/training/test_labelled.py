"""The labelled images of a semi-supervised training: drawn once, split, cycled in order."""

from __future__ import annotations

import logging
import math

import numpy as np
import pytest
import torch

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import ConfigurationError
from unbraid.ground_truth.sets.celeba import CelebA
from unbraid.ground_truth.sets.dummy_data import DummyData
from unbraid.training.data.image_loader import make_image_loader
from unbraid.training.data.labelled import LabelledImages, PartlyLabelledBatches, Supervision

PERFECT = "labeller.labeller_fn = @perfect_labeller"


def labelled(supervision: Supervision, *bindings: str) -> LabelledImages:
    with configured([], [PERFECT, *bindings]):
        return LabelledImages(DummyData(), supervision)


def batches(batch_size: int, seed: int = 0, evaluation: bool = False) -> PartlyLabelledBatches:
    data = DummyData()
    images = labelled(Supervision(1, 10, 0.7))
    return PartlyLabelledBatches(data, batch_size, seed, make_image_loader(data, "cpu"), *images.part(evaluation))


def test_images_and_labels_are_disentanglement_libs() -> None:
    images = labelled(Supervision(5, 20, 1.0))
    random_state, data = np.random.RandomState(5), DummyData()
    factors = data.sample_factors(20, random_state)
    np.testing.assert_array_equal(images.labels, factors)
    np.testing.assert_array_equal(np.asarray(images.observations),
                                  np.asarray(data.sample_observations_from_factors(factors, random_state)))


@pytest.mark.parametrize(("num", "share"), [(10, 0.7), (10, 0.75), (100, 0.9)])
def test_the_first_share_is_trained_on_and_the_rest_evaluated(num: int, share: float) -> None:
    images = labelled(Supervision(1, num, share))
    in_training, in_evaluation = images.part(False)[1], images.part(True)[1]
    assert len(in_training) == math.ceil(num * share)
    np.testing.assert_array_equal(np.concatenate([in_training, in_evaluation]), images.labels)


def test_without_labels_left_evaluation_says_that_it_sees_those_of_the_training(caplog) -> None:
    with caplog.at_level(logging.WARNING):
        images = labelled(Supervision(1, 10, 1.0))
    assert "All 10 labels are trained on" in caplog.text
    np.testing.assert_array_equal(images.part(True)[1], images.part(False)[1])


def test_labelled_images_come_in_order_again_and_again() -> None:
    images, stream = labelled(Supervision(1, 10, 0.7)), batches(3)
    drawn = [next(stream) for _ in range(4)]
    np.testing.assert_array_equal(torch.cat([batch.labels for batch in drawn]).numpy(),
                                  images.labels[[0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4]])
    expected = np.asarray(images.observations[[3, 4, 5]]).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(drawn[1].labelled_images.numpy(), expected)
    assert not torch.equal(drawn[0].images, drawn[1].images)


def test_a_batch_may_be_larger_than_the_labels() -> None:
    assert next(batches(16)).labels[:, 0].tolist() == [*next(batches(7)).labels[:, 0].tolist() * 2,
                                                       *next(batches(2)).labels[:, 0].tolist()]


def test_the_stream_goes_on_from_a_state() -> None:
    stream, other = batches(3), batches(3, seed=9)
    next(stream)
    state = stream.state()
    expected = next(stream)
    other.restore(state)
    resumed = next(other)
    assert torch.equal(resumed.images, expected.images)
    assert torch.equal(resumed.labels, expected.labels)


def test_labellers_decide_which_labels_there_are() -> None:
    images = labelled(Supervision(1, 10, 0.7), "labeller.labeller_fn = @partial_labeller",
                      "partial_labeller.num_observed_factors = 2")
    assert images.labels.shape == (10, 2)
    assert len(images.factor_sizes) == 2


def test_missing_and_impossible_settings_are_named() -> None:
    with pytest.raises(ConfigurationError, match=r"s2_vae learns from labels too; it needs model.supervised_data_seed, "
                                                 r"model.num_labelled_samples, model.train_percentage\."):
        Supervision().check("s2_vae")
    for supervision in (Supervision(0, 0, 0.9), Supervision(0, 10, 0.0), Supervision(0, 10, 1.5)):
        with pytest.raises(ConfigurationError, match=r"model.num_labelled_samples is \d+ and model.train_percentage"):
            supervision.check("s2_vae")


def test_data_without_factors_has_no_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CelebA, "__init__", lambda self: None)
    with pytest.raises(ConfigurationError, match=r"CelebA has images only; semi-supervised methods need a dataset"):
        LabelledImages(CelebA(), Supervision(0, 10, 0.9))
