"""The evaluator's representation function: every image of a data set is encoded once.

Codes are kept by image index, and shared by all metrics and seeds that ask the same table.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...common.numerics.threads import map_in_threads
from ...ground_truth.bases.parts import num_images
from ...ground_truth.ground_truth_data import GroundTruthData
from ...ground_truth.observations import LazyObservations, Renderer
from ..settings.context import num_jobs

Encoder = Callable[[np.ndarray], np.ndarray]
Render = Callable[[Any], np.ndarray]
Progress = Callable[[int], Any]

BATCH_SIZE = 256
LARGEST_GRID = 4_000_000  # images; above, codes are kept by request
REMEMBERED_CODES = 2_000_000  # codes of requests, the oldest are forgotten


def rendered(observations: Any) -> np.ndarray:
    """Observations, lazy or not, as images (n, H, W, C) float32."""
    return np.asarray(observations, dtype=np.float32)


class CodeTable:
    """A representation function from observations (n, H, W, C), lazy or not, to codes (n, num_latents) float32.

    encoder: images (n, H, W, C) float32 to codes (n, num_latents); where its attribute `is_concurrent` is true, it is
    called from several threads.  cached: False for an encoder that answers
    differently each time, whose codes must not be kept.  report: called with the number of images after each batch.
    render: makes the images of a batch of observations.
    Raises UserError when a code is NaN or infinite."""

    code_names: Sequence[str] = ()  # of the columns, where somebody has named them

    def __init__(self, encoder: Encoder, batch_size: int = BATCH_SIZE, cached: bool = True,
                 report: Progress | None = None, render: Render = rendered):
        self.encoder, self.batch_size, self.cached, self.report = encoder, batch_size, cached, report
        self.render = render
        self.is_concurrent = getattr(encoder, "is_concurrent", False)
        self.num_encoded = 0
        self._grids: dict[int, _GridCodes] = {}
        self._requests = _RequestCodes()
        self._noted: list[np.ndarray] | None = None

    def __call__(self, observations: Any) -> np.ndarray:
        if self._noted is not None and isinstance(observations, LazyObservations) and observations.draws is None:
            self._noted.append(observations.indices)
        return self._look_up(observations)

    @contextlib.contextmanager
    def noting_requests(self) -> Iterator[list[np.ndarray]]:
        """Yields a list that fills with the indices (n,) of the images that are asked for inside the block.

        Blocks nest: the outer one has the requests of the inner one when that ends."""
        outer = self._noted
        noted: list[np.ndarray] = []
        self._noted = noted
        try:
            yield noted
        finally:
            self._noted = outer
            if outer is not None:
                outer.extend(noted)

    def fill(self, ground_truth_data: GroundTruthData, indices: np.ndarray, codes: np.ndarray) -> None:
        """Takes codes (n, num_latents) of images by their indices (n,) as known, so that they are not encoded."""
        self._grid(ground_truth_data, num_images(ground_truth_data)).fill(indices, codes)

    def forget(self) -> None:
        """Frees all codes; images that are asked for again are encoded again."""
        self._grids.clear()
        self._requests = _RequestCodes()

    def _look_up(self, observations: Any) -> np.ndarray:
        if not (self.cached and isinstance(observations, LazyObservations) and observations.draws is None):
            return self._encode(observations)
        size = getattr(observations.ground_truth_data, "num_images", None)
        if size is None or size > LARGEST_GRID:
            return self._requests.look_up(observations, self._encode)
        return self._grid(observations.ground_truth_data, size).look_up(observations.indices, self._encode)

    def _grid(self, renderer: Renderer | GroundTruthData, size: int) -> _GridCodes:
        key = id(renderer)
        if key not in self._grids:
            self._grids[key] = _GridCodes(renderer, size)
        return self._grids[key]

    def _encode(self, observations: Any) -> np.ndarray:
        """Codes of observations, rendered and encoded batch by batch, several at a time where the encoder allows it."""
        def encode(start: int) -> np.ndarray:
            images = self.render(observations[start:start + self.batch_size])
            return self._checked(self.encoder(images), start)

        batches = []
        for codes in map_in_threads(encode, range(0, len(observations), self.batch_size),
                                    num_threads=num_jobs() if self.is_concurrent else 1):
            batches.append(codes)
            self.num_encoded += len(codes)
            if self.report:
                self.report(len(codes))
        return np.concatenate(batches)

    @staticmethod
    def _checked(codes: np.ndarray, start: int) -> np.ndarray:
        finite = np.isfinite(codes)
        if not finite.all():
            row, latent = np.argwhere(~finite)[0]
            raise UserError(f"The representation gives {codes[row, latent]} for latent {latent} of image {start + row} "
                            "of a batch; scores need finite codes. Check the model's input range ([0, 1]) and weights.")
        return codes


class _GridCodes:
    """Codes of a data set small enough to hold one row for every image."""

    def __init__(self, renderer: Renderer | GroundTruthData, num_images: int):
        self.renderer = renderer  # kept alive: tables are found by its identity
        self.is_known = np.zeros(num_images, dtype=bool)
        self.codes: np.ndarray | None = None

    def look_up(self, indices: np.ndarray, encode: Encoder) -> np.ndarray:
        unknown = indices[~self.is_known[indices]]
        if len(unknown):
            is_missing = np.zeros_like(self.is_known)
            is_missing[unknown] = True
            missing = np.flatnonzero(is_missing)
            self.fill(missing, encode(LazyObservations(self.renderer, missing)))  # type: ignore[arg-type]
        assert self.codes is not None
        return self.codes[indices]

    def fill(self, indices: np.ndarray, codes: np.ndarray) -> None:
        if self.codes is None:
            self.codes = np.empty((len(self.is_known), codes.shape[1]), dtype=codes.dtype)
        self.codes[indices] = codes
        self.is_known[indices] = True


class _RequestCodes:
    """Codes of whole requests, for data sets too large for a row an image: metrics with one seed ask alike."""

    def __init__(self) -> None:
        self._codes: OrderedDict[tuple[int, bytes], tuple[Any, np.ndarray]] = OrderedDict()
        self._num_codes = 0

    def look_up(self, observations: LazyObservations, encode: Encoder) -> np.ndarray:
        key = (id(observations.ground_truth_data), hashlib.sha256(observations.indices.tobytes()).digest())
        if key not in self._codes:
            codes = encode(observations)  # type: ignore[arg-type]
            self._codes[key] = (observations.ground_truth_data, codes)
            self._num_codes += len(codes)
            while self._num_codes > REMEMBERED_CODES and len(self._codes) > 1:
                self._num_codes -= len(self._codes.popitem(last=False)[1][1])
        self._codes.move_to_end(key)
        return self._codes[key][1].copy()
