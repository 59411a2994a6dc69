"""Whether the output of one row depends on the other rows of its batch, which an exported graph must not do.

A graph treats its rows independently if a row keeps its output when only the others change. The kernels that a runtime
chooses, and the order in which they add, depend on the shape of a batch and on a row's position in it, never on the
values of other rows. So outputs at one position in batches of one size are compared nearly to the bit: that finds the
smallest dependence, and rounding cannot be mistaken for one. Batches of other sizes and other orders do round
otherwise; they are compared with a tolerance."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ...common.commands.wording import option
from ...common.numerics.generators import generators_kept, seed_generators
from ..errors import BatchDependenceError

Function = Callable[[np.ndarray], np.ndarray]

NUM_TARGETS = 8  # rows whose outputs are watched
SAME_SHAPE = 4 * float(np.finfo(np.float32).eps)  # of the largest output; kernels agree to the bit, so this is ample
OTHER_SHAPE = {"float32": 1e-4, "float16": 2e-2, "bfloat16": 0.1}  # of the largest output, by precision of the outputs
WARM_UPS = 2  # TorchScript's executor optimises a graph after two calls, and rounds otherwise from then on
REPEATS = 32  # calls over which the outputs of a graph that draws random numbers are averaged
RELABELLINGS, MANY_TIMES = 200, 3

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Dependence:
    """The largest change of a row's output, and what had been changed."""

    difference: float
    span: float
    """Largest minus smallest output of the rows, to compare the difference with."""
    change: str


def batch_dependence(function: Function, rows: np.ndarray) -> Dependence | None:
    """The dependence of a function's output rows on their batch; None if each depends on its own input row alone.

    function: from inputs (n, ...) float32 to outputs (n, ...).  rows: (n, ...), at least one; real ones tell most."""
    targets = np.asarray(rows[:NUM_TARGETS], dtype=np.float32)
    companies = dict(_companies(np.asarray(rows, dtype=np.float32), len(targets)))

    def outputs(company: np.ndarray) -> np.ndarray:
        """Of the targets, each followed by one of the company, so that fixed batches hold some of both."""
        mixed = np.stack([targets, company], axis=1).reshape(2 * len(targets), *targets.shape[1:])
        return np.asarray(function(mixed))[0::2]

    first = next(iter(companies.values()))
    for _ in range(WARM_UPS):
        outputs(first)
    if np.array_equal(outputs(first), outputs(first), equal_nan=True):
        return _in_other_company(outputs, companies) or _in_other_shapes(function, targets)
    with generators_kept():
        def from_one_seed(company: np.ndarray) -> np.ndarray:
            seed_generators(0)
            return outputs(company)

        if np.array_equal(from_one_seed(first), from_one_seed(first), equal_nan=True):
            return _in_other_company(from_one_seed, companies)
    return _on_average(outputs, companies)


def _companies(rows: np.ndarray, count: int) -> Iterator[tuple[str, np.ndarray]]:
    """Other rows (count, ...) to put beside the targets, with a name of each: real, extreme and random ones."""
    low, high = min(0.0, float(rows.min())), max(1.0, float(rows.max()))
    shape = (count, *rows.shape[1:])
    noise = np.random.RandomState(0).uniform(low, high, size=shape).astype(np.float32)
    real = rows[count : 2 * count]
    yield "in other company", real if len(real) == count else noise
    extremes = np.full(shape, low, dtype=np.float32)
    extremes[0::2] = high
    yield "beside black and white images" if rows.ndim == 4 else "beside extreme rows", extremes
    yield "beside other images" if rows.ndim == 4 else "beside other rows", rows[::-1][:count]
    yield "beside random images" if rows.ndim == 4 else "beside random rows", 1 - noise


def _in_other_company(outputs: Function, companies: dict[str, np.ndarray]) -> Dependence | None:
    expected, *_ = (outputs(company) for company in companies.values())
    return _largest(_compared(outputs(company), expected, change, SAME_SHAPE) for change, company in companies.items())


def _in_other_shapes(function: Function, targets: np.ndarray) -> Dependence | None:
    """In batches of other sizes and in another order."""
    expected = np.asarray(function(targets))
    tolerance = OTHER_SHAPE[_precision(expected)]

    def answers() -> Iterator[tuple[str, np.ndarray]]:
        yield "alone", np.asarray(function(targets[:1]))
        yield "in a batch of 2", np.asarray(function(targets[:2]))
        many = np.concatenate([targets] * 33)[:33]
        yield f"in a batch of {len(many)}", np.asarray(function(many))[: len(targets)]
        yield "in another order", np.asarray(function(targets[::-1].copy()))[::-1]

    return _largest(_compared(actual, expected[: len(actual)], change, tolerance) for change, actual in answers())


def _largest(found: Iterable[Dependence | None]) -> Dependence | None:
    return max(filter(None, found), key=lambda dependence: dependence.difference, default=None)


def _compared(actual: np.ndarray, expected: np.ndarray, change: str, tolerance: float) -> Dependence | None:
    """NaN in both places is no difference: whoever reads the outputs complains of it."""
    actual, expected = (np.nan_to_num(array.astype(np.float64), nan=1e300, posinf=1e300, neginf=-1e300)
                        for array in (actual, expected))
    difference = float(np.abs(actual - expected).max(initial=0))
    if difference <= tolerance * float(np.abs(expected).max(initial=0)):
        return None
    return Dependence(difference, float(np.ptp(expected)), change)


def _precision(outputs: np.ndarray) -> str:
    """The coarsest type that holds all outputs exactly: a graph that computes in half precision rounds coarsely."""
    bits = np.ascontiguousarray(outputs, dtype=np.float32).view(np.uint32)
    if not (bits & 0xFFFF).any():  # bfloat16 is the upper half of float32
        return "bfloat16" if np.abs(outputs).max(initial=0) > 0 else "float32"
    with np.errstate(over="ignore"):
        return "float16" if np.array_equal(outputs, outputs.astype(np.float16).astype(np.float32)) else "float32"


def _on_average(outputs: Function, companies: dict[str, np.ndarray]) -> Dependence | None:
    """The dependence of a graph whose random numbers cannot be repeated: of averages over many calls.

    Averages of two companies differ if they are much further apart than those of any two random halves of all calls."""
    first, *others = (np.stack([outputs(company) for _ in range(REPEATS)]).astype(np.float64)
                      for company in companies.values())
    span, found = float(np.ptp(first.mean(axis=0))), []
    if _drifts(first):
        found.append(Dependence(float(np.ptp(first, axis=0).max()), span, "after other batches"))
    for change, samples in zip(list(companies)[1:], others, strict=True):
        both = np.concatenate([first, samples])
        is_first = np.arange(len(both)) < REPEATS
        relabelled = max(_distance(both, np.random.RandomState(i).permutation(is_first)) for i in range(RELABELLINGS))
        if _distance(both, is_first) > MANY_TIMES * relabelled:
            difference = np.abs(first.mean(axis=0) - samples.mean(axis=0)).max()
            found.append(Dependence(float(difference), span, f"on average {change}"))
    return _largest(found)


def _drifts(samples: np.ndarray) -> bool:
    """Whether answers to one question follow one another: the graph keeps statistics of the batches it has seen.

    Von Neumann's ratio of successive differences to the variance is 2 for independent answers, +- 0.35 here."""
    steps, deviations = np.diff(samples, axis=0), samples - samples.mean(axis=0)
    return bool(np.square(steps).mean() < 0.5 * np.square(deviations).mean())


def _distance(samples: np.ndarray, is_first: np.ndarray) -> float:
    """Squared distance of the means of two groups, in units of the variance of each output."""
    variance = samples.var(axis=0) + np.finfo(np.float64).tiny
    return float((np.square(samples[is_first].mean(axis=0) - samples[~is_first].mean(axis=0)) / variance).sum())


def refuse_dependence(dependence: Dependence | None, what: object, is_allowed: bool) -> float:
    """The difference, 0 without a dependence.  Raises BatchDependenceError unless it is allowed; then it is logged."""
    if dependence is None:
        return 0.0
    sentence = (f"{what}: the output for one row (an image) depends on the other rows of its batch: "
                f"{dependence.change} it differs by {dependence.difference:.3g}, where outputs span "
                f"{dependence.span:.3g}.")
    if not is_allowed:
        raise BatchDependenceError(
            f"{sentence} Scores would depend on how images happen to be put into batches. Batch normalisation in "
            "training mode does this (call .eval() before tracing, scripting or exporting the model), as does batch "
            "normalisation without running statistics and dynamic quantisation (use fixed ranges). "
            f"{option('allow_batch_dependence')} uses it all the same, and records the difference.")
    logger.warning("%s It is used all the same, as allowed.", sentence)
    return dependence.difference


class RowCheck:
    """Checks a function once, on the first rows that it is called with."""

    def __init__(self, what: object, is_allowed: bool = False):
        """what: names the function in messages.  is_allowed: a dependence is logged instead of raised."""
        self.what, self.is_allowed = what, is_allowed
        self.difference: float | None = None
        """The largest change of a row's output by its batch; None before the check."""
        self._lock = threading.Lock()

    def __call__(self, function: Function, rows: np.ndarray) -> None:
        """Raises BatchDependenceError."""
        if self.difference is not None or not len(rows):
            return
        with self._lock:
            if self.difference is None:
                self.difference = refuse_dependence(batch_dependence(function, rows), self.what, self.is_allowed)
