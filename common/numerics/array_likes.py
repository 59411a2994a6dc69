"""Reads array-likes of any framework as numpy arrays of numbers or values, and refuses the others by name and shape."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import UserError


def to_array(values: Any, name: str = "values") -> np.ndarray:
    """Returns numpy's view of an array-like.

    Args:
        values: nested lists, a data frame, a tensor of torch (on any device, with or without gradients), JAX,
            TensorFlow or CuPy, anything with `__array__` or `__dlpack__`, a pyarrow table, a structured array, or a
            masked array, whose masked values become None.
        name: of the argument, for messages.

    Raises:
        UserError: for anything else.
    """
    try:
        array = _as_numpy(values)
    except Exception as error:  # each framework has errors of its own
        raise UserError(f"{name} is a {type(values).__name__} that cannot be read as an array: "
                        f"{str(error).splitlines()[0].rstrip('.') if str(error) else type(error).__name__}.") from None
    if array.ndim == 0 and array.dtype.kind in "OU":
        hint = "; .toarray() makes one" if hasattr(values, "toarray") else ""
        raise UserError(f"{name} is a {type(values).__name__} of shape (); expected an array{hint}.")
    return array


def as_numbers(values: Any, name: str, expected: str) -> np.ndarray:
    """Returns finite real numbers as float32 or float64, in row-major order, on which the last bit of sums depends.

    Single and double precision are kept, since bins depend on it; other numbers become float64, half precision
    float32, as in a file of codes.

    Args:
        values: an array-like of numbers.
        name: of the argument.
        expected: shape in words, such as "(num_points, num_codes)".

    Raises:
        UserError: for values that are not finite real numbers.
    """
    array = to_array(values, name)
    if array.dtype.kind not in "fiubOUS":
        raise UserError(f"{name} of shape {array.shape} hold {array.dtype} values; expected real numbers {expected}.")
    if array.dtype.kind in "OUS":
        array = _parsed(array, name, expected)
    kept = array.dtype.kind == "f" and array.dtype.itemsize in (4, 8)
    if not kept or not array.dtype.isnative:
        single = array.dtype.kind == "f" and array.dtype.itemsize <= 4
        array = array.astype(np.float32 if single else np.float64)
    finite = np.isfinite(array)
    if not finite.all():
        place = np.argwhere(~finite)[0].tolist()
        where = f"row {place[0]}, column {place[1]}" if len(place) == 2 else f"position {tuple(place)}"
        raise UserError(f"{name} of shape {array.shape} hold {array[tuple(place)]} in {where}; expected finite "
                        "numbers. Leave these points out everywhere.")
    return np.ascontiguousarray(array) if array.ndim else array


def as_indices(values: Any, name: str, highest: int) -> np.ndarray:
    """Returns whole numbers from 0 to `highest` as int64, such as factors by number.  Raises UserError."""
    array = as_numbers(values, name, f"from 0 to {highest}")
    wrong = (array != np.rint(array)) | (array < 0) | (array > highest)
    if wrong.any():
        raise UserError(f"{name} of shape {array.shape} hold {array[wrong].ravel()[0]:g}; expected whole numbers "
                        f"from 0 to {highest}.")
    return array.astype(np.int64)


def column_names(table: Any) -> list[str]:
    """Returns the names of the columns of a data frame, an arrow table or a structured array; none for others."""
    names = getattr(table, "column_names", None)  # pyarrow, whose `columns` are the columns themselves
    if names is None:
        names = getattr(table, "columns", None)
    if names is None:
        names = getattr(getattr(table, "dtype", None), "names", None)
    return [] if names is None or callable(names) else [str(name) for name in names]


def is_missing(value: Any) -> bool:
    """Whether a value stands for none: None, NaN, and the markers of pandas."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or (
        isinstance(value, (float, np.floating)) and math.isnan(value))


def _as_numpy(values: Any) -> np.ndarray:
    if hasattr(values, "detach"):  # torch, which is not imported for this
        values = values.detach().cpu()
        if values.is_floating_point() and values.dtype.itemsize < 4:
            values = values.float()  # numpy has no bfloat16; half precision is exact in single
    elif hasattr(values, "get") and hasattr(values, "__cuda_array_interface__"):  # CuPy
        values = values.get()
    elif hasattr(values, "__dlpack__") and not hasattr(values, "__array__"):
        values = np.from_dlpack(values)
    elif type(values).__module__.startswith("pyarrow") and hasattr(values, "to_pandas"):
        values = values.to_pandas()
    elif isinstance(values, np.ma.MaskedArray) and values.mask.any():
        found: np.ndarray = np.array(values, dtype=object)
        found[np.ma.getmaskarray(values)] = None
        return found
    try:
        array = np.asarray(values)
    except Exception:
        if not isinstance(values, (list, tuple)) or not any(hasattr(value, "__array__") for value in values):
            raise
        array = np.asarray([_as_numpy(value) for value in values])  # a list of tensors
    if array.dtype.names:
        return np.array(array.tolist())
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def _parsed(array: np.ndarray, name: str, expected: str) -> np.ndarray:
    """Objects and texts as float64, missing ones as NaN.  Raises UserError for those that are not numbers."""
    flat = [np.nan if is_missing(value) else value for value in array.ravel().tolist()]
    try:
        return np.array([float(value) for value in flat]).reshape(array.shape)
    except (TypeError, ValueError):
        raise UserError(f"{name} of shape {array.shape} hold values that are not numbers ({array.dtype}); expected "
                        f"real numbers {expected}.") from None
