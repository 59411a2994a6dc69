"""What a child process may be asked about a file, see `trial`.  Answers are JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..formats import get_format
from .graph_description import Hints
from .probing import understand


def task_open(path: Path, backend: str) -> None:
    """Opens the file; a graph that says what it takes is run once."""
    graph = get_format(backend).open(path, "cpu")
    if graph.record is not None:
        record = graph.record
        shape = (record.num_latents,) if record.kind == "decoder" else tuple(record.image_shape)
        graph(np.zeros((2, *shape), dtype=np.float32))


def task_understand(path: Path, backend: str, shapes: Sequence[Sequence[int]], hints: dict[str, Any]) -> dict[str, Any]:
    """The fields of an `Understanding`."""
    graph: Any = get_format(backend).open(path, "cpu")
    return dataclasses.asdict(understand(graph, [tuple(shape) for shape in shapes],  # type: ignore[misc]
                                         Hints(**{key: as_tuples(value) for key, value in hints.items()}), path))


def as_tuples(value: Any) -> Any:
    """JSON's lists as tuples, also in dicts."""
    if isinstance(value, dict):
        return {name: as_tuples(item) for name, item in value.items()}
    return tuple(as_tuples(item) for item in value) if isinstance(value, (list, tuple)) else value
