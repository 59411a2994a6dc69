"""Object arrays of numbers and texts, read from their pickle without running it.

numpy saves a DataFrame's `to_numpy()` and `array.astype(object)` as pickles.  The unpickler here imports nothing: the
four names that numpy writes for such an array are replaced by inert classes, and any other name is refused.
"""

from __future__ import annotations

import pickle
from typing import IO, Any

import numpy as np

from ....common.checking.values import counted
from ....common.errors import DataError, shown

MODULES = {"numpy", "numpy.core.multiarray", "numpy._core.multiarray"}
SCALAR_KINDS = "biufUS"


class _Dtype:
    """The dtype of a numpy scalar: its name, such as f8, and its byte order."""

    def __init__(self, name: str, *_: Any):
        self.name, self.order = str(name), "="

    def __setstate__(self, state: Any) -> None:
        self.order = {"<": "<", ">": ">"}.get(state[1], "=")

    def numpy(self) -> np.dtype:
        kind, size = self.name[:1], self.name[1:]
        if kind not in SCALAR_KINDS or counted(size) is None:
            raise pickle.UnpicklingError(f"a value of type {self.name}")
        return np.dtype(f"{self.order}{kind}{size}")


class _Array:
    """The array itself: what numpy would have filled it with."""

    def __init__(self, *_: Any) -> None:
        self.shape: tuple[int, ...] = ()
        self.items: list[Any] = []

    def __setstate__(self, state: Any) -> None:
        _, self.shape, _, _, self.items = state  # items lie in C order, whatever the flag for Fortran order says


def _scalar(dtype: _Dtype, data: bytes) -> Any:
    return np.frombuffer(data, dtype=dtype.numpy(), count=1)[0].item()


INERT = {"ndarray": _Array, "_reconstruct": _Array, "dtype": _Dtype, "scalar": _scalar}


class _InertUnpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:
        if module_name in MODULES and global_name in INERT:
            return INERT[global_name]
        raise pickle.UnpicklingError(f"an object of {module_name}.{global_name}")


def read_objects(stream: IO[bytes], where: str) -> np.ndarray:
    """The array that follows the header of an .npy file of objects, as numbers or as texts.

    None becomes NaN among numbers.  Raises DataError when the array holds anything but numbers, bools and texts."""
    try:
        array = _InertUnpickler(stream).load()
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to mean
        raise _refused(where, str(error) or type(error).__name__) from error
    if not isinstance(array, _Array):
        raise _refused(where, f"a {type(array).__name__}")
    try:
        return _columns(array, where)
    except (TypeError, ValueError) as error:
        raise error if isinstance(error, DataError) else _refused(where, "a damaged array") from error


def _columns(array: _Array, where: str) -> np.ndarray:
    """An array of numbers or of texts; of a table whose columns differ in type, numbers are written as texts.

    Text is what a CSV file has for numbers, and readers of factors take a column of such texts for numbers."""
    if len(array.shape) == 2 and array.shape[1] > 1:
        columns = [plain_array(array.items[place::array.shape[1]], where) for place in range(array.shape[1])]
        if {column.dtype.kind == "U" for column in columns} == {True, False}:
            return np.stack([column.astype(str) for column in columns], axis=1)
    return plain_array(array.items, where).reshape(array.shape)


def plain_array(items: list[Any], where: str) -> np.ndarray:
    """(n,) numbers or texts.  Raises DataError for anything else, and for numbers among texts."""
    items = [_as_text(item, where) if isinstance(item, bytes) else item for item in items]
    kinds = {type(item) for item in items} - {type(None)}
    if kinds <= {str} and kinds:
        return np.array(["" if item is None else item for item in items], dtype=str)
    if kinds <= {bool, int, float} and kinds:
        return _numbers([np.nan if item is None else item for item in items], where)
    names = ", ".join(sorted(kind.__name__ for kind in kinds)) or "nothing"
    raise _refused(where, f"values of the types {names}")


def _as_text(item: bytes, where: str) -> str:
    try:
        return item.decode()
    except UnicodeDecodeError:
        raise DataError(f"{where} holds bytes that are not UTF-8 ({shown(item, 40)}). Save texts.") from None


def _numbers(items: list[Any], where: str) -> np.ndarray:
    """An array of numbers; whole numbers beyond 64 bits become floats."""
    array = np.array(items)
    try:
        return array if array.dtype.kind != "O" else array.astype(np.float64)
    except OverflowError:
        raise DataError(f"{where} holds a number beyond the largest float; expected numbers up to 1e308.") from None


def _refused(where: str, found: str) -> DataError:
    return DataError(f"{where} holds pickled objects, which are never loaded (found {found}); expected an array of "
                     "numbers or of texts. Save it again with such a dtype.")
