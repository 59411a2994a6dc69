"""Finding out how to call a graph, by calling it on a few random images."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from ...common.commands.wording import option
from ..error_lines import telling_line
from ..errors import ArtifactError, InputMismatchError
from ..formats.signature import Signature
from .graph_description import INTEGERS, LAYOUTS, PIXELS, Hints, Understanding

Outputs = dict[str, np.ndarray]
DTYPES = ("float32", "float16", "float64", "bfloat16", "uint8")  # tried in turn where the file declares none
BATCH_SIZES = (2, 1, 7)  # a graph that runs on all of these takes any number
FIXED_SIZES = (16, 32, 64, 4, 8, 10, 100, 128, 256)
LARGEST_PROBE = 2**25  # numbers in a batch of probes
SHAPES = [(channels, side, side) for side in (64, 32, 28, 16, 128, 224, 96, 256, 48) for channels in (1, 3)]
CODE_DIMENSIONS = (2, 3)  # codes (N, D), else tokens (N, T, V)
LOG_VARIANCE_NAMES = ("logvar", "log_var", "log_variance", "log_covariance", "logvars", "log_vars", "z_logvar",
                      "z_log_var", "z_log_variance")
MEAN_NAMES = ("mean", "mu", "means", "z_mean", "mus", "loc", "codes", "code", "representation", "embedding", "default")


class Graph(Protocol):
    """A graph with one input: an array of any dtype and layout to all of its outputs."""

    signature: Signature

    def all_outputs(self, values: np.ndarray, dtype: str) -> Outputs:
        """By name, or by position for a tuple, of values that are cast to `dtype`."""


class _DoesNotRun(Exception):
    """One way of calling that the graph refuses."""


def understand(graph: Graph, shapes: Sequence[tuple[int, int, int]], hints: Hints, path: object) -> Understanding:
    """The first of `shapes` (C, H, W), and the layout, dtype and batch size with which the graph runs.

    What the file declares of its input is believed; only the rest is tried.  shapes: one of a data set, or SHAPES.
    Raises InputMismatchError when none of them runs, ArtifactError when its codes cannot be told."""
    declared = graph.signature
    known = list(dict.fromkeys(shape for layout, shape in declared.image_shapes().items()
                               if hints.layout in (None, layout)))
    if len(shapes) > 1 and known:
        shapes = known
    reason: Exception | None = None
    for shape in shapes:
        ways, error = _ways(graph, shape, hints)
        reason = reason or error
        if ways:
            return _understood(graph, shape, ways, hints, path)
    shown = ", ".join(map(str, shapes[:4])) + (", ..." if len(shapes) > 4 else "")
    says = "" if declared.shape is None and declared.dtype is None else f" It declares its input as {declared}."
    raise InputMismatchError(f"{path} fails on images of shape (C, H, W) = {shown} in either layout and any dtype: "
                             f"{telling_line(reason)}.{says}".replace("..", ".")) from reason


def _ways(graph: Graph, shape: tuple[int, int, int], hints: Hints) -> tuple[list[tuple[str, str, int | None]],
                                                                            Exception | None]:
    """(layout, dtype, fixed batch size) that run, of the first dtype that does; and why the first one did not."""
    layouts = [hints.layout] if hints.layout else list(LAYOUTS)
    layouts = [layout for layout in layouts if graph.signature.fits(shape, layout)]
    if not layouts:
        return [], ValueError(f"images (C, H, W) = {shape} are not what it declares")
    reason: Exception | None = None
    for dtype in [graph.signature.dtype] if graph.signature.dtype else DTYPES:
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
    if declared := graph.signature.batch_size:
        call(graph, probe_images(declared, shape, dtype), layout, dtype)
        return declared
    works, failure = [], None
    for size in BATCH_SIZES:
        try:
            call(graph, probe_images(size, shape, dtype), layout, dtype)
            works.append(size)
        except _DoesNotRun as error:
            failure = failure or error
    if len(works) == len(BATCH_SIZES):
        return None
    if works:
        return works[0]
    for size in dict.fromkeys((*graph.signature.constants, *FIXED_SIZES)):
        if size * int(np.prod(shape)) > LARGEST_PROBE:
            continue
        try:
            call(graph, np.zeros((size, *shape), dtype=np.float32), layout, dtype)
            return size
        except _DoesNotRun:
            continue
    raise failure or _DoesNotRun()


def call(graph: Graph, images: np.ndarray, layout: str, dtype: str) -> Outputs:
    """Outputs for images (n, C, H, W); raises _DoesNotRun when it fails or some output lacks n rows."""
    values = images if layout == "NCHW" else images.transpose(0, 2, 3, 1)
    values = np.rint(values) if dtype in INTEGERS else values
    try:
        outputs = graph.all_outputs(np.ascontiguousarray(values), dtype)
    except ArtifactError:
        raise
    except Exception as error:  # whatever the runtime raises for an input that does not fit
        raise _DoesNotRun from error
    rows = {name: _without_unit_axes(output) for name, output in outputs.items()
            if output.ndim and len(output) == len(images)}
    if not rows:
        shapes = ", ".join(str(output.shape) for output in outputs.values())
        raise _DoesNotRun(f"outputs of shape {shapes} for {len(images)} images")
    return rows


def _without_unit_axes(output: np.ndarray) -> np.ndarray:
    """(N, C) of (N, C, 1, 1)."""
    return output.reshape(output.shape[:2]) if output.ndim > 2 and output[0].size == output.shape[1] else output


def probe_images(size: int, shape: Sequence[int], dtype: str = "float32") -> np.ndarray:
    """(size, C, H, W) float32, no two alike: in [0, 1], or up to 255 for a graph of whole numbers."""
    largest = 255 if dtype in INTEGERS else 1
    return np.random.RandomState(0).uniform(0, largest, size=(size, *shape)).astype(np.float32)


def _understood(graph: Graph, shape: tuple[int, int, int], ways: list[tuple[str, str, int | None]], hints: Hints,
                path: object) -> Understanding:
    layout, dtype, batch_size = ways[0]
    images = probe_images(batch_size or 2, shape, dtype)
    first, second = (call(graph, images, layout, dtype) for _ in range(2))
    drawn = {name for name in first if not np.array_equal(first[name], second[name], equal_nan=True)}
    name = _output(first, drawn, hints, path)
    maps = hints.maps if first[name].ndim == 4 else None
    codes = as_codes(first[name], layout, maps)
    width, last = codes[0].size, codes.shape[-1]
    if not width:
        raise ArtifactError(f"{path}: output {name} has no columns; expected at least one code.")
    if hints.head and last % 2:
        what = f"{last} columns" if codes.ndim == 2 else f"tokens of {last} numbers"
        raise ArtifactError(f"{path}: output {name} has {what}, an odd number; {option('head', hints.head)} splits an "
                            "even number into mean and log-variance.")
    num_parts = 2 if hints.head else 1
    return Understanding(shape, layout, _layout_matters(graph, images, ways, name), dtype, batch_size, name,
                         {key: tuple(value.shape[1:]) for key, value in first.items()},
                         width // num_parts, None if codes.ndim == 2 else last // num_parts, hints.head,
                         _log_variance(first, name, hints), name not in drawn,
                         hints.input_statistics or (PIXELS if dtype in INTEGERS else None), maps)


def _log_variance(outputs: Outputs, mean: str, hints: Hints) -> str | None:
    """The output that holds the log-variances of the means, told by both names."""
    if hints.head or _last(mean) not in MEAN_NAMES:
        return None
    named = [name for name, value in outputs.items()
             if _last(name) in LOG_VARIANCE_NAMES and value.shape == outputs[mean].shape]
    return named[0] if len(named) == 1 else None


def _layout_matters(graph: Graph, images: np.ndarray, ways: list[tuple[str, str, int | None]], name: str) -> bool:
    """Whether both layouts run and give different codes: nothing tells which one was meant."""
    if len(ways) < 2 or ways[0][2] != ways[1][2]:
        return False
    first, second = (call(graph, images, layout, dtype).get(name) for layout, dtype, _ in ways)
    return first is None or second is None or not np.array_equal(first, second)


def _last(name: str) -> str:
    """The last part of an output's name, such as "mu" of "posterior.mu"."""
    return name.lower().rpartition(".")[2]


def _output(outputs: Outputs, drawn: set[str], hints: Hints, path: object) -> str:
    """The name of the output that holds the codes."""
    shown = ", ".join(f"{name} {('N', *value.shape[1:])}{' (draws)' if name in drawn else ''}".replace("'N'", "N")
                      for name, value in outputs.items())
    dimensions = (4,) if hints.maps else CODE_DIMENSIONS
    if hints.output is not None:
        if hints.output not in outputs or outputs[hints.output].ndim not in (*CODE_DIMENSIONS, 4):
            raise ArtifactError(f"{path} has no output {hints.output!r} of codes (N, D), tokens (N, T, V) or maps; its "
                                f"outputs are {shown}. Choose one of them with {option('output', 'NAME')}.")
        candidates = [hints.output]
    else:
        by_dimensions = ([name for name, value in outputs.items() if value.ndim == number] for number in dimensions)
        candidates = next(filter(None, by_dimensions), [])
    are_maps = any(outputs[name].ndim == 4 for name in candidates or outputs)
    if are_maps and not hints.maps:
        raise ArtifactError(f"{path} returns maps of shape {shown}; expected codes (N, D). {option('maps', 'tokens')} "
                            f"makes a token of C numbers of each place, {option('maps', 'pooled')} averages.")
    if not candidates:
        raise ArtifactError(f"{path} returns codes of shape {shown}; expected codes (N, D), or tokens (N, T, V).")
    named = [name for wanted, name in itertools.product(MEAN_NAMES, candidates) if _last(name) == wanted]
    if len(candidates) == 1 or named:
        return (named or candidates)[0]
    raise ArtifactError(f"{path} has several outputs that could be the codes: {shown}. Say which with "
                        f"{option('output', 'NAME')} ({', '.join(candidates)}).")


def as_codes(output: np.ndarray, layout: str, maps: str | None) -> np.ndarray:
    """Codes (N, D) or tokens (N, T, V) as they are; maps (N, C, H, W), channels where `layout` has them, as said."""
    if output.ndim != 4:
        return output
    places = (output if layout == "NHWC" else output.transpose(0, 2, 3, 1)).astype(np.float32)
    if maps == "pooled":
        return places.mean(axis=(1, 2))
    return places.reshape(len(places), -1, places.shape[3])


def chunks(images: np.ndarray, size: int | None) -> Iterator[tuple[np.ndarray, int]]:
    """Batches of exactly `size` images and how many of them count; the last one is filled up with its last image."""
    if size is None:
        yield images, len(images)
        return
    for start in range(0, len(images), size):
        batch = images[start : start + size]
        filling = np.repeat(batch[-1:], size - len(batch), axis=0)
        yield np.concatenate([batch, filling]), len(batch)
