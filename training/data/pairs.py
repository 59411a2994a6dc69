"""Pairs of images that differ in few factors: the data of weakly supervised methods (arXiv:2002.02886, section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import gin
import numpy as np
import torch

from ...common.errors import ConfigurationError
from ...ground_truth.ground_truth_data import GroundTruthData
from ...ground_truth.observations import concatenate
from .batches import Batches
from .image_loader import ImageLoader
from .sending import send


@dataclass(frozen=True)
class Pairs:
    """B pairs of images."""

    images: torch.Tensor
    """(2 B, C, H, W): all first images, then all second ones."""
    changed: torch.Tensor
    """(B,) int64: a factor that was drawn anew for the second image; the last, where there are several."""


class PairBatches(Batches):
    """Pairs without end: a random image, and one some of whose factors are drawn anew.

    The distribution is that of disentanglement_lib, drawn a batch at a time, and all of it from one seed."""

    def __init__(self, data: GroundTruthData, batch_size: int, seed: int, load: ImageLoader):
        """Raises ConfigurationError for a data set without factors, and for a `dynamics.k` that it cannot satisfy."""
        super().__init__(data, batch_size, seed, load)
        if not data.factors_num_values:
            raise ConfigurationError(f"{type(data).__name__} has images only; the pairs of weakly supervised methods "
                                     "need a dataset.name with known factors (unbraid-data list).")
        change_factors(np.zeros((1, data.num_factors), dtype=np.int64), data.factors_num_values,
                       np.random.RandomState(0))

    def __next__(self) -> Pairs:
        factors, first = self.data.sample(self.batch_size, self.random_state)
        second_factors, changed = change_factors(factors, self.data.factors_num_values, self.random_state)
        second = self.data.sample_observations_from_factors(second_factors, self.random_state)
        images = self.load(concatenate([first, second]))
        return Pairs(images, send(changed, images.device))


@gin.configurable("dynamics", denylist=["factors", "sizes", "random_state"])
def change_factors(factors: np.ndarray, sizes: Sequence[int], random_state: np.random.RandomState,
                   k: int = gin.REQUIRED, force_change: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Factors (B, F) with some drawn anew, and for each row the last of them, (B,) int64.

    With equal probability one factor is drawn anew or k, chosen without replacement; k = -1 draws k from 1 to F - 1
    for every pair.  reference: a new value may be the old one; force_change: it never is, where there is another.
    Raises ConfigurationError for any other k."""
    num_pairs, num_factors = factors.shape
    if not (1 <= k <= num_factors or (k == -1 and num_factors >= 2)):
        raise ConfigurationError(f"dynamics.k is {k}, but the data set has {num_factors} factors; expected 1 to "
                                 f"{num_factors}, or -1 to draw it for every pair where there are at least 2 factors.")
    drawn = random_state.randint(1, num_factors, size=num_pairs) if k == -1 else np.full(num_pairs, k)
    counts = np.where(random_state.randint(2, size=num_pairs) == 1, drawn, 1)
    order = random_state.rand(num_pairs, num_factors).argsort(axis=1)
    rows = np.arange(num_pairs)
    chosen = np.empty(factors.shape, dtype=bool)
    chosen[rows[:, None], order] = np.arange(num_factors) < counts[:, None]
    return np.where(chosen, _new_values(factors, sizes, random_state, force_change), factors), order[rows, counts - 1]


def _new_values(factors: np.ndarray, sizes: Sequence[int], random_state: np.random.RandomState,
                force_change: bool) -> np.ndarray:
    columns = []
    for column, size in zip(factors.T, sizes, strict=True):
        if force_change and size > 1:
            columns.append((column + random_state.randint(1, size, size=len(column))) % size)
        else:
            columns.append(random_state.randint(size, size=len(column)))
    return np.stack(columns, axis=1)
