"""A stranger's graph behind the interface: images (n, C, H, W) float32 to codes (n, D) float32."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from .probing import call, chunks, understand
from .understanding import Hints, Understanding

logger = logging.getLogger(__name__)


class ForeignRunner:
    """A runner that asks a graph in its own way; it is understood once the first images show their shape."""

    def __init__(self, graph: Any, hints: Hints, path: object):
        self._graph, self._hints, self._path = graph, hints, path
        self.understanding: Understanding | None = None
        self.record = None
        self.provider: str = graph.provider

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Raises ArtifactError where the graph cannot be understood, and whatever the runtime raises."""
        shape = values.shape[1:]
        if self.understanding is None or self.understanding.image_shape != shape:
            self.understanding = understand(self._graph, [shape], self._hints, self._path)  # type: ignore[list-item]
            logger.info("%s: %s.", self._path, "; ".join(f"{key} {value}" for key, value in self.understanding.rows()))
        how = self.understanding
        codes = [call(self._graph, batch, how.layout, how.dtype)[how.output][:count]
                 for batch, count in chunks(values, how.batch_size)]
        return _means(np.concatenate(codes).astype(np.float32, copy=False), how.head)


def _means(codes: np.ndarray, head: str | None) -> np.ndarray:
    """The means of (n, 2 D) columns, or all columns where `head` is None."""
    if head is None:
        return codes
    return codes[:, 0::2] if head == "interleaved" else codes[:, : codes.shape[1] // 2]
