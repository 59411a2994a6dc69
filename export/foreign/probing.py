"""Finding out how to call a graph, by calling it on a few random images."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from ..errors import ArtifactError, InputMismatchError
from .understanding import LAYOUTS, Hints, Understanding

Outputs = dict[str, np.ndarray]
DTYPES = ("float32", "float16", "float64")
BATCH_SIZES = (2, 1, 7)  # a graph that runs on all of these takes any number
FIXED_SIZES = (16, 32, 64, 4, 8, 10, 100, 128, 256)
SHAPES = [(channels, side, side) for side in (64, 32, 28, 16, 128, 224) for channels in (1, 3)]
CODE_DIMENSIONS = (2, 3)  # codes (N, D), else tokens (N, T, V)
LOG_VARIANCE_NAMES = ("logvar", "log_var", "log_variance", "logvars", "log_vars", "z_logvar", "z_log_var",
                      "z_log_variance")
MEAN_NAMES = ("mean", "mu", "means", "z_mean", "mus", "loc", "codes", "code", "representation", "default")


class Graph(Protocol):
    """A graph with one input: an array of any dtype and layout to all of its outputs."""

    def all_outputs(self, values: np.ndarray) -> Outputs:
        """By name, or by position for a tuple."""


class _DoesNotRun(Exception):
    """One way of calling that the graph refuses."""


def understand(graph: Graph, shapes: Sequence[tuple[int, int, int]], hints: Hints, path: object) -> Understanding:
    """The first of `shapes` (C, H, W), and the layout, dtype and batch size with which the graph runs.

    Raises InputMismatchError when none of them does, ArtifactError when its codes cannot be told."""
    reason: Exception | None = None
    for shape in shapes:
        ways, error = _ways(graph, shape, hints)
        reason = reason or error
        if ways:
            return _understood(graph, shape, ways, hints, path)
    shown = ", ".join(map(str, shapes[:4])) + (", ..." if len(shapes) > 4 else "")
    raise InputMismatchError(f"{path} fails on images of shape (C, H, W) = {shown} in either layout and any dtype: "
                             f"{_last_line(reason)}") from reason


def _ways(graph: Graph, shape: tuple[int, int, int], hints: Hints) -> tuple[list[tuple[str, str, int | None]],
                                                                            Exception | None]:
    """(layout, dtype, fixed batch size) that run, of the first dtype that does; and why the first one did not."""
    layouts = [hints.layout] if hints.layout else list(LAYOUTS)
    reason: Exception | None = None
    for dtype in DTYPES:
        found = []
        for layout in layouts:
            try:
                found.append((layout, dtype, _batch_size(graph, shape, layout, dtype)))
            except _DoesNotRun as error:
                reason = reason or (error.__cause__ if isinstance(error.__cause__, Exception) else error)
        if found:
            return found, None
    return [], reason


def _batch_size(graph: Graph, shape: tuple[int, int, int], layout: str, dtype: str) -> int | None:
    """None when it runs on any number of images, else the number; raises _DoesNotRun."""
    works, failure = [], None
    for size in BATCH_SIZES:
        try:
            call(graph, probe_images(size, shape), layout, dtype)
            works.append(size)
        except _DoesNotRun as error:
            failure = failure or error
    if len(works) == len(BATCH_SIZES):
        return None
    if works:
        return works[0]
    for size in FIXED_SIZES:
        try:
            call(graph, probe_images(size, shape), layout, dtype)
            return size
        except _DoesNotRun:
            continue
    raise failure or _DoesNotRun()


def call(graph: Graph, images: np.ndarray, layout: str, dtype: str) -> Outputs:
    """Outputs for images (n, C, H, W); raises _DoesNotRun when it fails or some output lacks n rows."""
    values = images if layout == "NCHW" else images.transpose(0, 2, 3, 1)
    try:
        outputs = graph.all_outputs(np.ascontiguousarray(values, dtype=dtype))
    except ArtifactError:
        raise
    except Exception as error:  # whatever the runtime raises for an input that does not fit
        raise _DoesNotRun from error
    rows = {name: output for name, output in outputs.items() if output.ndim and len(output) == len(images)}
    if not rows:
        shapes = ", ".join(str(output.shape) for output in outputs.values())
        raise _DoesNotRun(f"outputs of shape {shapes} for {len(images)} images")
    return rows


def probe_images(size: int, shape: Sequence[int]) -> np.ndarray:
    """(size, C, H, W) in [0, 1], no two alike."""
    return np.random.RandomState(0).uniform(size=(size, *shape)).astype(np.float32)


def _understood(graph: Graph, shape: tuple[int, int, int], ways: list[tuple[str, str, int | None]], hints: Hints,
                path: object) -> Understanding:
    layout, dtype, batch_size = ways[0]
    images = probe_images(batch_size or 2, shape)
    first, second = (call(graph, images, layout, dtype) for _ in range(2))
    drawn = {name for name in first if not np.array_equal(first[name], second[name], equal_nan=True)}
    name = _output(first, drawn, hints, path)
    width, is_flat = first[name][0].size, first[name].ndim == 2
    if hints.head and not is_flat:
        shown = ", ".join(map(str, first[name].shape[1:]))
        raise ArtifactError(f"{path}: output {name} has shape (N, {shown}); --head {hints.head} splits codes (N, 2 D).")
    if hints.head and width % 2:
        raise ArtifactError(f"{path}: output {name} has {width} columns, an odd number; --head {hints.head} splits an "
                            "even number into mean and log-variance.")
    return Understanding(shape, layout, _layout_matters(graph, images, ways, name), dtype, batch_size, name,
                         {key: tuple(value.shape[1:]) for key, value in first.items()},
                         width // 2 if hints.head else width, None if is_flat else first[name].shape[2], hints.head,
                         _log_variance(first, name, hints), name not in drawn, hints.input_statistics)


def _log_variance(outputs: Outputs, mean: str, hints: Hints) -> str | None:
    """The output that holds the log-variances of the means, told by both names."""
    if hints.head or mean.lower() not in MEAN_NAMES:
        return None
    named = [name for name, value in outputs.items()
             if name.lower() in LOG_VARIANCE_NAMES and value.shape == outputs[mean].shape]
    return named[0] if len(named) == 1 else None


def _layout_matters(graph: Graph, images: np.ndarray, ways: list[tuple[str, str, int | None]], name: str) -> bool:
    """Whether both layouts run and give different codes: nothing tells which one was meant."""
    if len(ways) < 2 or ways[0][2] != ways[1][2]:
        return False
    first, second = (call(graph, images, layout, dtype).get(name) for layout, dtype, _ in ways)
    return first is None or second is None or not np.array_equal(first, second)


def _output(outputs: Outputs, drawn: set[str], hints: Hints, path: object) -> str:
    """The name of the output that holds the codes."""
    shown = ", ".join(f"{name} {('N', *value.shape[1:])}{' (draws)' if name in drawn else ''}".replace("'N'", "N")
                      for name, value in outputs.items())
    if hints.output is not None:
        if hints.output not in outputs or outputs[hints.output].ndim not in CODE_DIMENSIONS:
            raise ArtifactError(f"{path} has no output {hints.output!r} of codes (N, D) or tokens (N, T, V); its "
                                f"outputs are {shown}. Choose one of them with --output.")
        return hints.output
    by_dimensions = ([name for name, value in outputs.items() if value.ndim == number] for number in CODE_DIMENSIONS)
    candidates: list[str] = next(filter(None, by_dimensions), [])
    if not candidates:
        raise ArtifactError(f"{path} returns codes of shape {shown}; expected codes (N, D), or tokens (N, T, V).")
    named = [name for wanted, name in itertools.product(MEAN_NAMES, candidates) if name.lower() == wanted]
    if len(candidates) == 1 or named:
        return (named or candidates)[0]
    raise ArtifactError(f"{path} has several outputs that could be the codes: {shown}. Say which with --output "
                        f"({', '.join(candidates)}).")


def chunks(images: np.ndarray, size: int | None) -> Iterator[tuple[np.ndarray, int]]:
    """Batches of exactly `size` images and how many of them count; the last one is filled up with its last image."""
    if size is None:
        yield images, len(images)
        return
    for start in range(0, len(images), size):
        batch = images[start : start + size]
        filling = np.repeat(batch[-1:], size - len(batch), axis=0)
        yield np.concatenate([batch, filling]), len(batch)


def _last_line(error: BaseException | None) -> str:
    lines = [line.strip() for line in str(error or "").splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


