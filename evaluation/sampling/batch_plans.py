"""Which images a metric looks at, as arrays of indices, for data sets whose images are places in a grid.

The draws are those of the data set's own `sample`, batch after batch, made all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeGuard

import numpy as np

from ...ground_truth.ground_truth_data import GridGroundTruth
from ...ground_truth.observations import LazyObservations
from .draws import draw_integers

DRAWING = ("sample", "sample_factors", "sample_observations_from_factors", "_complete", "draw")


def is_plannable(ground_truth_data: object) -> TypeGuard[GridGroundTruth]:
    """Whether a data set draws as `GridGroundTruth` does: factors, then residual factors, and nothing else."""
    kind = type(ground_truth_data)
    return isinstance(ground_truth_data, GridGroundTruth) and all(
        getattr(kind, name) is getattr(GridGroundTruth, name) for name in DRAWING)


def plan_batches(data: GridGroundTruth, random_state: np.random.RandomState,
                 sizes: Sequence[int]) -> tuple[np.ndarray, LazyObservations]:
    """Factors (n, num_factors) and observations of one `sample` for each of `sizes`, all but the last alike."""
    full = [size for size in sizes if size == sizes[0]]
    parts = [_draw(data, random_state, len(full), full[0])]
    if len(full) < len(sizes):
        parts.append(_draw(data, random_state, 1, sizes[-1]))
    factors, residuals = (np.concatenate([_rows(part[which]) for part in parts]) for which in (1, 2))
    return factors, observe(data, factors, residuals)


def plan_groups(data: GridGroundTruth, random_state: np.random.RandomState, num_groups: int, batch_size: int,
                num_sets: int, intervene: Callable[[np.ndarray, np.ndarray], None], num_choices: int
                ) -> tuple[np.ndarray, LazyObservations]:
    """Numbers below num_choices (num_groups,), observations (num_sets * num_groups * batch_size), set after set."""
    numbers, factors, residuals = _draw(data, random_state, num_groups, batch_size, num_sets, num_choices)
    intervene(factors, numbers)
    return numbers, observe(data, _rows(factors), _rows(residuals))


def observe(data: GridGroundTruth, factors: np.ndarray, residuals: np.ndarray) -> LazyObservations:
    """Observations of factors (n, num_factors) and residual factors (n, ...), which are known to be in range."""
    grid_factors = np.empty((len(factors), len(data.grid_factor_sizes)), dtype=np.int64)
    grid_factors[:, data.latent_indices] = factors
    grid_factors[:, data.residual_indices] = residuals
    return LazyObservations(data, data.grid_index(grid_factors))


def residual_sizes(data: GridGroundTruth) -> list[int]:
    """Number of values of each factor that is drawn with an observation."""
    return [data.grid_factor_sizes[index] for index in data.residual_indices]


def _draw(data: GridGroundTruth, random_state: np.random.RandomState, num_groups: int, batch_size: int,
          num_sets: int = 1, num_choices: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`num_groups` times: a number below num_choices if asked for, `num_sets` factor batches, as many residual ones.

    Returns numbers (num_groups,), factors and residuals (num_sets, num_groups, batch_size, ...)."""
    exposed, hidden = data.factors_num_values, residual_sizes(data)
    with_number = num_choices > 0
    sizes = [num_choices] * with_number + exposed * num_sets + hidden * num_sets
    counts = [1] * with_number + [batch_size] * (num_sets * (len(exposed) + len(hidden)))
    values = draw_integers(random_state, sizes, counts, num_groups)
    numbers = values[:, 0] if with_number else np.zeros(num_groups, dtype=np.int64)
    middle = with_number + num_sets * len(exposed) * batch_size
    factors = values[:, int(with_number):middle].reshape(num_groups, num_sets, len(exposed), batch_size)
    residuals = values[:, middle:].reshape(num_groups, num_sets, len(hidden), batch_size)
    return numbers, factors.transpose(1, 0, 3, 2).copy(), residuals.transpose(1, 0, 3, 2).copy()


def _rows(values: np.ndarray) -> np.ndarray:
    """Values (..., width) as (n, width), also where the width is 0."""
    return values.reshape(int(np.prod(values.shape[:-1])), values.shape[-1])
