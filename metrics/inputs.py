"""Arguments of metrics as arrays: codes, factors, pairs for training and test; unusable ones are refused by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..common.checking.options import check_option
from ..common.errors import UserError
from ..common.numerics.array_likes import as_numbers, column_names, is_missing, to_array
from .random_streams import RandomSeed, as_random_state

Points = tuple[Any, Any]  # codes (n, num_codes) and factors (n, num_factors), array-likes
Arrays = tuple[np.ndarray, np.ndarray]
CODES, FACTORS = "(num_points, num_codes)", "(num_points, num_factors)"


def as_points(codes: Any, factors: Any, name: str = "", continuous: bool = False, least: int = 2) -> Arrays:
    """Returns codes (n, num_codes) and factors (n, num_factors) as arrays with the same number of rows.

    name: of the sample, such as "train".  continuous: whether factors may be continuous.  least: number of points.
    Raises UserError, which names the argument and its shape."""
    prefix = f"{name} " if name else ""
    codes, factors = as_codes(codes, f"{prefix}codes", least), as_factors(factors, f"{prefix}factors", continuous)
    if len(codes) != len(factors):
        raise UserError(f"{prefix}codes have shape {codes.shape} and {prefix}factors {factors.shape}; expected one row "
                        "for each point in both.")
    return codes, factors


def as_pair(points: Any, name: str, continuous: bool = False, least: int = 2) -> Arrays:
    """Returns `as_points` of a pair (codes, factors), the argument of metrics that train and test."""
    if not isinstance(points, (tuple, list)) or len(points) != 2:
        shape = getattr(points, "shape", None)
        raise UserError(f"{name} is {f'an array of shape {tuple(shape)}' if shape is not None else repr(points)[:60]}; "
                        "expected a pair (codes, factors). unbraid.metrics.split(codes, factors, random_state=0) "
                        "makes a train and a test pair of one sample.")
    codes, factors = points
    return as_points(codes, factors, name, continuous, least)


def as_train_and_test(train: Any, test: Any, continuous: bool = False) -> tuple[Arrays, Arrays]:
    """Both pairs as arrays.  Raises UserError also where they have different numbers of columns."""
    pairs = as_pair(train, "train", True), as_pair(test, "test", True, least=1)
    for position, kind in enumerate(("codes", "factors")):
        shapes = [pair[position].shape for pair in pairs]
        if shapes[0][1] != shapes[1][1]:
            raise UserError(f"train {kind} have shape {shapes[0]} and test {kind} {shapes[1]}; expected the same "
                            "number of columns.")
    # Labels are made of both samples together, so that a value has one label in both.
    names = column_names(train[1])
    factors = as_factors(np.concatenate([_values(pair[1], f"{name} factors")
                                         for pair, name in ((train, "train"), (test, "test"))]),
                         "factors", continuous, names)
    num_train = len(pairs[0][1])
    return (pairs[0][0], factors[:num_train]), (pairs[1][0], factors[num_train:])


def as_codes(codes: Any, name: str = "codes", least: int = 2) -> np.ndarray:
    """Returns codes (n, num_codes) as finite numbers, float32 or float64 (see `as_numbers`).

    Raises UserError, also for fewer points than `least`: one point has neither variance nor information."""
    array = as_numbers(codes, name, CODES)
    _check_table(array, name, CODES)
    if len(array) < least:
        raise UserError(f"{name} have shape {array.shape}; expected at least {least} points, one in each row.")
    return array


def as_factors(factors: Any, name: str = "factors", continuous: bool = False,
               names: Sequence[str] = ()) -> np.ndarray:
    """(n, num_factors) numbers; text, categories and non-integer values become integers in sorted order.

    continuous: numbers are kept as they are.  names: of the columns, for messages; by default a data frame's own.
    Raises UserError for missing values, and for continuous factors where they are not expected."""
    array = _values(factors, name)
    if array.dtype.kind == "i" or (array.dtype.kind == "u" and array.dtype.itemsize < 8):
        return array.astype(np.int64, copy=False)  # narrow integers would overflow in differences
    labels = names or column_names(factors) or range(array.shape[1])
    return np.stack([_factor(values, f"{name}, column {label!r}", continuous)
                     for label, values in zip(labels, array.T, strict=True)], axis=1)


def split(codes: Any, factors: Any, *, random_state: RandomSeed, test_size: float = 1 / 3) -> tuple[Arrays, Arrays]:
    """Splits one sample into disjoint train and test pairs, for metrics that need both.

    codes: (n, num_codes).  factors: (n, num_factors).  test_size: share of the points for the test, in (0, 1).
    Returns ((train_codes, train_factors), (test_codes, test_factors)), in a random order.

    >>> train, test = split([[0.0], [0.1], [1.0]], [[0], [0], [1]], random_state=0)
    >>> train[0].shape, test[0].shape
    ((2, 1), (1, 1))
    """
    codes, factors = as_points(codes, factors, continuous=True)
    check_option("test_size", test_size, float)
    num_test = round(len(codes) * test_size)
    if not 0 < num_test < len(codes):
        raise UserError(f"test_size is {test_size}, which leaves {num_test} of {len(codes)} points for the test; "
                        "expected a share that leaves some for both training and test.")
    order = as_random_state(random_state).permutation(len(codes))
    train, test = order[num_test:], order[:num_test]
    return (codes[train], factors[train]), (codes[test], factors[test])


def as_two(pair: Any, name: str, expected: str) -> tuple[Any, Any]:
    """Returns the two items of a pair.  Raises UserError for anything else."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        shape = getattr(pair, "shape", None)
        given = f"an array of shape {tuple(shape)}" if shape is not None else repr(pair)[:60]
        raise UserError(f"{name} is {given}; expected a pair of {expected}.")
    return pair[0], pair[1]


def _values(factors: Any, name: str) -> np.ndarray:
    """Factors (n, num_factors) as they are given, in row-major order.  Raises UserError."""
    array = to_array(factors, name)
    if array.dtype.kind in "cV":
        raise UserError(f"{name} of shape {array.shape} hold {array.dtype} values; expected numbers or labels "
                        f"{FACTORS}.")
    _check_table(array, name, FACTORS)
    return np.ascontiguousarray(array)


def _check_table(array: np.ndarray, name: str, expected: str) -> None:
    """Raises UserError unless there are two dimensions, a row and a column."""
    if array.ndim != 2 or not array.size:
        hint = f" np.reshape({name.rsplit(maxsplit=1)[-1]}, (-1, 1)) makes a single column." if array.ndim == 1 else ""
        raise UserError(f"{name} have shape {array.shape}; expected {expected}, with points in rows.{hint}")


def _factor(values: np.ndarray, name: str, continuous: bool) -> np.ndarray:
    """One factor as numbers.  Raises UserError."""
    missing = np.array([is_missing(value) for value in values.tolist()])
    if missing.any():
        raise UserError(f"{name} lacks the value of {missing.sum()} of {len(values)} points, the first in row "
                        f"{int(np.argmax(missing))}; leave these rows out, in the codes too.")
    if values.dtype.kind == "O":
        values = np.array(values.tolist())
    if values.dtype.kind == "f" and values.dtype.itemsize != 4:
        values = values.astype(np.float64)
    if values.dtype.kind == "f":
        if not np.isfinite(values).all():
            raise UserError(f"{name} holds {values[~np.isfinite(values)][0]} in row "
                            f"{int(np.argmin(np.isfinite(values)))}; expected finite numbers or labels.")
        if continuous or (values == np.rint(values)).all():
            return values
        distinct = len(np.unique(values))
        if distinct > len(values) / 2:
            raise UserError(f"{name} is continuous: {distinct} different values in {len(values)} points. This metric "
                            "compares points that share a value; put the factor into bins first, such as with "
                            "np.digitize.")
    return np.unique(values, return_inverse=True)[1]


def check_same_length(arrays: Sequence[np.ndarray], names: Sequence[str]) -> None:
    """Raises UserError unless all arrays have the same number of rows."""
    if len({len(array) for array in arrays}) > 1:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(names, arrays, strict=True))
        raise UserError(f"Different numbers of rows: {shapes}; expected one row for each point in all.")
