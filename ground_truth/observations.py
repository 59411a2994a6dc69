"""Observations that are images only when somebody looks at them."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class Renderer(Protocol):
    """What can turn indices into images: a data set."""

    @property
    def observation_shape(self) -> list[int]:
        """[H, W, C]."""

    def render(self, indices: np.ndarray, draws: np.ndarray | None) -> np.ndarray:
        """indices: (n,) int64; draws: what the observation drew beside its factors, (n, ...), or None.
        Returns (n, H, W, C) float32 in [0, 1]."""


class LazyObservations(NDArrayOperatorsMixin):
    """A batch of images of one data set, known by their indices and rendered on demand.

    Code written for arrays sees an array: it has `shape`, `dtype`, `len`, slices (lazily along the first axis),
    arithmetic and every ndarray method.  The evaluator sees `ground_truth_data`, `indices` and `draws`, and looks
    codes up instead of encoding an image twice."""

    dtype = np.dtype(np.float32)

    def __init__(self, ground_truth_data: Renderer, indices: np.ndarray, draws: np.ndarray | None = None):
        """indices: (n,) integers.  draws: (n, ...) random numbers that belong to the images, or None."""
        self.ground_truth_data = ground_truth_data
        self.indices = np.asarray(indices, dtype=np.int64)
        self.draws = draws
        if draws is not None and len(draws) != len(self.indices):
            raise ValueError(f"{len(self.indices)} indices, but random draws for {len(draws)} images.")

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.indices), *self.ground_truth_data.observation_shape)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    def __len__(self) -> int:
        return len(self.indices)

    def raw(self) -> np.ndarray:
        """(n, H, W, C) uint8 of which the images are `ground_truth_data.pixel_values[raw]` (see byte_images.py).

        Raises AttributeError where the data set's images are not made of bytes."""
        return self.ground_truth_data.raw(self.indices, self.draws)  # type: ignore[attr-defined]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("Lazy observations are rendered on demand; they have no array to share.")
        images = self.ground_truth_data.render(self.indices, self.draws)
        return images if dtype is None else images.astype(dtype, copy=False)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        arrays = [np.asarray(value) if isinstance(value, LazyObservations) else value for value in inputs]
        return getattr(ufunc, method)(*arrays, **options)

    def __getitem__(self, key: Any) -> Any:
        """Selections along the first axis stay lazy; anything finer renders."""
        if isinstance(key, (slice, list, np.ndarray)):
            return LazyObservations(self.ground_truth_data, self.indices[key],
                                    None if self.draws is None else self.draws[key])
        return np.asarray(self)[key]

    def __getattr__(self, name: str) -> Any:
        # Whatever else an ndarray can do (astype, transpose, mean, ...).
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(np.asarray(self), name)

    def __repr__(self) -> str:
        return f"LazyObservations({type(self.ground_truth_data).__name__}, shape={self.shape})"


def concatenate(batches: list[LazyObservations]) -> LazyObservations:
    """Lazy observations of one data set, joined."""
    first = batches[0]
    if any(batch.ground_truth_data is not first.ground_truth_data for batch in batches):
        raise ValueError("Lazy observations of different data sets cannot be joined.")
    draws = None if first.draws is None else np.concatenate([batch.draws for batch in batches])
    return LazyObservations(first.ground_truth_data, np.concatenate([batch.indices for batch in batches]), draws)
