"""One file format a module: how it is written, opened and recognised."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..files.record import Record

FORMAT_NAMES = ("onnx", "torchscript", "export")  # in the order in which a CPU runs them fastest
# Input and output of each kind of graph.
TENSOR_NAMES = {"representation": ("images", "codes"), "posterior": ("images", "mean_log_variance"),
                "decoder": ("codes", "images")}


class Runner(Protocol):
    """An opened artifact: one graph from one float32 array to one float32 array."""

    record: Record | None
    provider: str  # the execution provider or device that really runs

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Raises whatever the runtime raises for values that do not fit."""

    def seed_noise(self, seed: int) -> None:
        """Lets what the graph draws from now on follow from the seed; torch's global generator may be set to it."""


class Format(Protocol):
    """A file format."""

    suffix: str
    representation_file: str
    posterior_file: str
    decoder_file: str

    def convert(self, module: Any, example: Any, kind: str) -> Any:
        """The graph of an eager module with a free batch size; `example` is a batch of at least 2."""

    def save(self, graph: Any, path: Path, record: Record) -> None:
        """Writes a converted graph as one file, with its record inside."""

    def open(self, path: Path, device: str) -> Runner:
        """Raises ArtifactError for a file that is not of this format."""


def get_format(name: str) -> Format:
    """The module of a format; imported here, so that one format's runtime is not needed for another."""
    return importlib.import_module(f".{name}_format", __name__)  # type: ignore[return-value]


def get_formats(names: Sequence[str] = FORMAT_NAMES) -> dict[str, Format]:
    return {name: get_format(name) for name in names}


def file_name(file_format: Format, kind: str) -> str:
    """The name of the file that holds a graph of this kind."""
    return getattr(file_format, f"{kind}_file")
