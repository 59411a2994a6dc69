"""Training and test points of metrics that fit models: drawn as in the reference, or without a point in both."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...ground_truth.ground_truth_data import GridGroundTruth, GroundTruthData
from ...ground_truth.observations import LazyObservations
from ..settings.split import is_disjoint, note_seen
from .code_table import CodeTable
from .points import RepresentationFunction, encode, sample_codes
from .samplers import Scheme

Sample = tuple[np.ndarray, np.ndarray]
WARN_ABOVE = 0.05  # share of test points that are training points, too

logger = logging.getLogger(__name__)


def sample_train_and_test(data: GroundTruthData, representation_function: RepresentationFunction, num_train: int,
                          num_test: int, random_state: np.random.RandomState, batch_size: int, continuous: bool = False
                          ) -> tuple[Sample, Sample]:
    """Codes (n, num_latents) and factors (n, num_factors) for training, then for the test.

    reference: both are drawn with replacement, so that test points of a small data set are training points as well.
    Their share is recorded, and warned of; `evaluation.split = "disjoint"` draws different images instead, in the same
    proportion where there are fewer than asked for.
    continuous: factors that were put into bins are given by their numbers."""
    if is_disjoint():
        return _disjoint(data, representation_function, num_train, num_test, random_state, continuous)
    train, of_train = _noted_sample(data, representation_function, num_train, random_state, batch_size, continuous)
    test, of_test = _noted_sample(data, representation_function, num_test, random_state, batch_size, continuous)
    if of_train is not None and of_test is not None:
        _tell(num_train, num_test, float(np.isin(of_test, of_train).mean()))
    return train, test


def sample_numbers(data: GroundTruthData, representation_function: RepresentationFunction, num_points: int,
                   random_state: np.random.RandomState, batch_size: int) -> Sample:
    """As `sample_codes`; factors that were put into bins are given by their numbers, for regressions."""
    return _noted_sample(data, representation_function, num_points, random_state, batch_size, continuous=True)[0]


def _noted_sample(data: GroundTruthData, representation_function: RepresentationFunction, num_points: int,
                  random_state: np.random.RandomState, batch_size: int, continuous: bool
                  ) -> tuple[Sample, np.ndarray | None]:
    """A sample and the indices of its images; None where these are not places in a list."""
    if not isinstance(representation_function, CodeTable):
        return sample_codes(data, representation_function, num_points, random_state, batch_size), None
    with representation_function.noting_requests() as requests:
        codes, factors = sample_codes(data, representation_function, num_points, random_state, batch_size)
    indices = np.concatenate(requests) if requests else None
    if indices is None or len(indices) != len(codes):
        return (codes, factors), None
    return (codes, _numbers(data, indices, factors) if continuous else factors), indices


def _disjoint(data: GroundTruthData, representation_function: RepresentationFunction, num_train: int, num_test: int,
              random_state: np.random.RandomState, continuous: bool) -> tuple[Sample, Sample]:
    source: Any = data.data if isinstance(data, Scheme) else data
    kept = data.kept if isinstance(data, Scheme) else slice(None)
    num_images = getattr(source, "num_images", None)
    if num_images is None or source.sample_observations(1, np.random.RandomState(0)).draws is not None:
        raise UserError("evaluation.split = 'disjoint' draws different images of a finite list, which "
                        f"{type(source).__name__} does not have. Use evaluation.split = 'reference'.")
    chosen = _different(num_images, min(num_train + num_test, num_images), random_state)
    first = num_train if len(chosen) == num_train + num_test else len(chosen) * num_train // (num_train + num_test)
    if not 0 < first < len(chosen):
        raise UserError(f"{num_images} points cannot be split into {num_train} for training and {num_test} for the "
                        "test without a point in both.")
    if len(chosen) < num_train + num_test:
        logger.warning("%d training and %d test points were asked for; the data have %d, which are split into %d and "
                       "%d.", num_train, num_test, num_images, first, len(chosen) - first)
    note_seen(first, len(chosen) - first, 0.0)

    def points(indices: np.ndarray) -> Sample:
        factors = _factors(source, indices)
        factors = _numbers(source, indices, factors) if continuous else factors
        return encode(representation_function, LazyObservations(source, indices)), factors[:, kept]

    return points(chosen[:first]), points(chosen[first:])


def _tell(num_train: int, num_test: int, share: float) -> None:
    note_seen(num_train, num_test, share)
    if share > WARN_ABOVE:
        logger.warning("%.0f %% of the %d test points are among the %d training points, so test accuracies are too "
                       "good. evaluation.split = 'disjoint' draws none twice.", 100 * share, num_test, num_train)


def _different(num_images: int, number: int, random_state: np.random.RandomState) -> np.ndarray:
    """`number` different indices in random order, without a list of all where there are many more."""
    if num_images < 20 * number:
        return random_state.permutation(num_images)[:number]
    found = random_state.randint(num_images, size=2 * number, dtype=np.int64)
    return found[np.sort(np.unique(found, return_index=True)[1])][:number]


def _factors(data: GroundTruthData, indices: np.ndarray) -> np.ndarray:
    if not isinstance(data, GridGroundTruth):
        return np.asarray(getattr(data, "factors"))[indices]  # noqa: B009 - of a table of one's own
    values = np.unravel_index(indices, tuple(data.grid_factor_sizes))
    return np.stack([values[index] for index in data.latent_indices], axis=1)


def _numbers(data: GroundTruthData, indices: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Factors with the numbers of those that were put into bins."""
    numbers = getattr(data, "continuous_values", None)
    if not numbers:
        return factors
    factors = factors.astype(np.float64)
    for position, values in numbers.items():
        factors[:, position] = values[indices]
    return factors
