"""Images that are drawn or decoded once for many looks at the same points."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from ...ground_truth.bases.byte_images import look_up
from ...ground_truth.observations import LazyObservations
from ..sampling.code_table import rendered

MOST_BYTES = 2**30  # of memory; images beyond are made again


class KeptImages:
    """Makes the images of batches of observations, and keeps them, as bytes where the data set's images are bytes."""

    def __init__(self) -> None:
        self.num_bytes = 0
        self._batches: dict[bytes, np.ndarray] = {}

    def __call__(self, observations: Any) -> np.ndarray:
        """Images (n, H, W, C) float32.  Observations that are arrays already are not kept."""
        if not isinstance(observations, LazyObservations):
            return rendered(observations)
        pixel_values = getattr(observations.ground_truth_data, "pixel_values", None)
        key = _key(observations)
        batch = self._batches.get(key)
        if batch is None:
            batch = rendered(observations) if pixel_values is None else observations.raw()
            if self.num_bytes + batch.nbytes <= MOST_BYTES:
                self._batches[key] = batch
                self.num_bytes += batch.nbytes
        return batch.copy() if pixel_values is None else look_up(batch, pixel_values)


def _key(observations: LazyObservations) -> bytes:
    draws = observations.draws
    return hashlib.sha256(observations.indices.tobytes() + (b"" if draws is None else draws.tobytes())).digest()
