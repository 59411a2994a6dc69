"""A stranger's graph behind the interface: images (n, C, H, W) float32 to codes (n, D) float32."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from ...common.commands.wording import option
from ..files.record import Record
from .flags import refuse_other_channels
from .graph_description import Hints, Statistics, Understanding
from .probing import as_codes, call, chunks
from .trial import understand_in_trial

logger = logging.getLogger(__name__)


class ForeignRunner:
    """A runner that asks a graph in its own way; it is understood once the first images show their shape."""

    def __init__(self, graph: Any, hints: Hints, path: Path, backend: str | None = None):
        """backend: the format of a file that has to prove itself in a child process; None asks the graph here."""
        self.graph, self._hints, self._path, self.backend = graph, hints, path, backend
        self.understanding: Understanding | None = None
        self.record: Record | None = None
        self.provider: str = graph.provider

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Raises ArtifactError where the graph cannot be understood, and whatever the runtime raises."""
        how = self._how(values)
        values = normalised(values, how.statistics)
        codes = [call(self.graph, batch, how.layout, how.dtype)[how.output][:count]
                 for batch, count in chunks(values, how.batch_size)]
        columns = _flat(np.concatenate(codes), how)
        return columns if how.head_columns is None else columns[:, how.head_columns[0]]

    def seed_noise(self, seed: int) -> None:
        """See `Runner.seed_noise`."""
        self.graph.seed_noise(seed)

    def posterior(self, values: np.ndarray) -> np.ndarray:
        """Mean and log-variance side by side, (n, 2 D), of a graph of which both are known; it takes any batch."""
        how = self._how(values)
        outputs = call(self.graph, normalised(values, how.statistics), how.layout, how.dtype)
        columns = _flat(outputs[how.output], how)
        if how.log_variance:
            return np.concatenate([columns, _flat(outputs[how.log_variance], how)], axis=1)
        return columns if how.head_columns is None else columns[:, np.concatenate(how.head_columns)]

    def _how(self, values: np.ndarray) -> Understanding:
        """How the graph is called with images (n, C, H, W)."""
        shape = (values.shape[1], values.shape[2], values.shape[3])
        if self.understanding is None or self.understanding.image_shape != shape:
            self.understanding = understand_in_trial(self.graph, self.backend, [shape], self._hints, self._path)
            logger.info("%s: %s.", self._path, "; ".join(f"{key} {value}" for key, value in self.understanding.rows()))
            if self.understanding.layout_is_assumed:
                logger.warning("%s runs on images of either layout; %s is assumed, %s says otherwise.", self._path,
                               self.understanding.layout, option("layout", "NHWC"))
        return self.understanding


def normalised(images: np.ndarray, statistics: Statistics | None) -> np.ndarray:
    """(x - mean) / std of images (n, C, H, W), channel by channel."""
    if statistics is None:
        return images
    refuse_other_channels(statistics, images.shape[1])
    mean, std = (np.array(numbers, dtype=np.float32).reshape(1, -1, 1, 1) for numbers in statistics)
    return (images - mean) / std


def _flat(output: np.ndarray, how: Understanding) -> np.ndarray:
    """Codes (n, D) float32, of tokens (n, T, V) one after the other."""
    codes = as_codes(output, how.layout, how.maps)
    return codes.reshape(len(codes), -1).astype(np.float32, copy=False)
