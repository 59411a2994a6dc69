"""An exported file must answer as the module it was made from, or it is not written.

Compared on real images at batch sizes 1, 2, an odd and a large one, and with rows reordered: a row's code may depend
neither on its neighbours nor on the size of the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..errors import ExportMismatchError

TOLERANCE = 1e-4  # of the largest absolute value; float32 runtimes differ by about 1e-6
BATCH_SIZES = (1, 2, 7)

Function = Callable[[np.ndarray], np.ndarray]


def largest_difference(exported: Function, eager: Function, inputs: np.ndarray, name: str) -> float:
    """Largest absolute difference over all comparisons.

    exported, eager: from a batch of `inputs` (n, ...) to a batch of outputs.  name: of the output, for messages.
    Raises ExportMismatchError: shapes first, then values, then two answers to one question, all collected."""
    differences, problems = [], []
    for label, batch in _batches(inputs):
        expected, actual = eager(batch), exported(batch)
        if actual.shape != expected.shape:
            problems.append(f"{label}: shape {actual.shape}, expected {expected.shape}")
            continue
        difference = float(np.abs(actual - expected).max())
        differences.append(difference)
        allowed = TOLERANCE * max(1.0, float(np.abs(expected).max()))
        if not difference <= allowed:  # also catches NaN
            problems.append(f"{label}: differs by {difference:.3g}, tolerance {allowed:.3g}")
    if not problems and not np.array_equal(exported(inputs), exported(inputs)):
        problems.append("two calls with the same input differ: it draws random numbers")
    if problems:
        raise ExportMismatchError(f"The exported {name} does not answer as the eager module: {'; '.join(problems)}. "
                                  "Nothing was written.")
    return max(differences)


def largest_sampling_error(exported: Function, mean: Function, inputs: np.ndarray, name: str,
                           repeats: int = 64) -> float:
    """For an export that samples: largest distance of the average of `repeats` samples from the mean.

    Raises ExportMismatchError when a shape is wrong, nothing is drawn, or the average is off by more than six of its
    standard errors."""
    expected = mean(inputs)
    samples = np.stack([exported(inputs) for _ in range(repeats)])
    if samples.shape[1:] != expected.shape:
        raise ExportMismatchError(f"The exported {name} has shape {samples.shape[1:]}, expected {expected.shape}. "
                                  "Nothing was written.")
    deviation = samples.std(axis=0, ddof=1)
    error = np.abs(samples.mean(axis=0) - expected)
    allowed = 6 * deviation / np.sqrt(repeats) + TOLERANCE
    if not (error <= allowed).all() or not deviation.max() > 0:
        raise ExportMismatchError(f"The exported {name} does not sample around its mean: the average of {repeats} "
                                  f"samples is off by {error.max():.3g}. Nothing was written.")
    return float(error.max())


def _batches(inputs: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    for size in BATCH_SIZES:
        yield f"batch of {size}", inputs[:size]
    yield f"batch of {len(inputs)}", inputs
    yield "rows reordered", inputs[::-1].copy()
