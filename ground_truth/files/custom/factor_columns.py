"""Factors as people save them, as one column of numbers or texts for each factor, and the columns as classes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....common.errors import DataError, shown
from ..arrays.object_arrays import plain_array

MEAN_REPEATS = 5  # values of a continuous factor occur fewer times than this on average
FEWEST_REPEATS = 2  # classes occur that often on average; with fewer, a score says nothing and fits never end
FEW_CLASSES = 20  # that may occur less often, in a small sample

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Factor:
    """One factor: its name, a class (n,) int64 for each image, and what each class stands for.

    values: number or text of each class; the middle of each bin of a continuous factor."""

    name: str
    classes: np.ndarray
    values: Sequence[float | str]
    is_binned: bool = False

    @property
    def size(self) -> int:
        """Number of classes."""
        return len(self.values)


def columns_of(table: np.ndarray, names: Sequence[str] | None, where: str,
               prefix: str = "factor_") -> dict[str, np.ndarray]:
    """The columns of an array (N, F), (N,) or structured (N,), by name: the given ones, or factor_0, factor_1, ...

    Raises DataError for an array of another shape or type, and for names that are not as many as columns."""
    if table.dtype.names is not None and table.ndim == 1:
        columns = {str(name): table[name] for name in table.dtype.names}
        return columns if names is None else dict(zip(names_of(len(columns), names, where, prefix), columns.values(),
                                                      strict=True))
    if table.ndim not in {1, 2} or table.size == 0 or table.dtype.kind not in "biufUS":
        raise DataError(f"{where} has shape {table.shape} and type {table.dtype}; expected one row for each image or "
                        "point, numbers or texts.")
    table = table.reshape(len(table), -1)
    return dict(zip(names_of(table.shape[1], names, where, prefix), table.T, strict=True))


def columns_of_values(name: str, values: list[Any], where: str) -> dict[str, np.ndarray]:
    """The column of a table as numbers or texts; one of lists as NAME_0, NAME_1, ...

    where: the table, for messages.  Raises DataError for lists of several lengths, and for values of another type."""
    column = f"Column {name!r} of {where}"
    if not values or not all(isinstance(value, list) for value in values):
        return {name: plain_array(values, column)}
    lengths = {len(value) for value in values}
    if len(lengths) > 1:
        raise DataError(f"{column} holds lists of {min(lengths)} to {max(lengths)} values; expected as many in every "
                        "row. Leave the column out, or give lists of one length.")
    return {f"{name}_{number}": plain_array([value[number] for value in values], column)
            for number in range(lengths.pop())}


def names_of(num_factors: int, names: Sequence[str] | None, where: str, prefix: str = "factor_") -> list[str]:
    """The given names, or factor_0, factor_1, ...  Raises DataError when there are not `num_factors`."""
    if names is None:
        return [f"{prefix}{number}" for number in range(num_factors)]
    if len(names) != num_factors:
        raise DataError(f"{where}: {len(names)} factor names ({', '.join(names)}) for {num_factors} factors.")
    return [str(name) for name in names]


def as_numbers_or_texts(column: np.ndarray, name: str, where: str) -> np.ndarray:
    """float64 where every entry is a number, also one written as text; else texts.

    Texts that differ but are the same number, such as 1 and 01, stay texts.  Raises DataError for a missing entry."""
    column = _numbers_where_possible(decoded_texts(column, f"{where}: factor {name!r}"))
    missing = column == "" if column.dtype.kind == "U" else ~np.isfinite(column)
    if missing.any():
        row = int(np.flatnonzero(missing)[0])
        raise DataError(f"{where}: factor {name!r} has no finite value in {missing.sum()} of {len(column)} rows, first "
                        f"in row {row}. Leave such rows or the factor out.")
    return column


def _numbers_where_possible(column: np.ndarray) -> np.ndarray:
    """float64, an empty text as NaN, where every other text is a number and they differ as numbers; else texts."""
    if column.dtype.kind != "U":
        return column.astype(np.float64)
    column = np.char.strip(column)
    missing = column == ""
    found = np.unique(column[~missing])
    try:
        numbers = found.astype(np.float64)
    except ValueError:
        return column
    return np.where(missing, "nan", column).astype(np.float64) if len(np.unique(numbers)) == len(found) else column


def decoded_texts(values: np.ndarray, where: str) -> np.ndarray:
    """Bytes as texts; any other array itself.  Raises DataError for bytes that are not UTF-8."""
    if values.dtype.kind != "S":
        return values
    try:
        return np.char.decode(values, "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{where} holds bytes that are not UTF-8 ({shown(error.object, 40)}). Save texts.") from error


def factor_of(name: str, column: np.ndarray, num_bins: int | None, where: str, binding: str) -> Factor:
    """Classes of a column: its values in ascending order, or bins where it is continuous.

    A factor of numbers is continuous when it has more than `num_bins` values and these occur fewer than MEAN_REPEATS
    times on average.  Its bins are `num_bins` intervals of equal width from its smallest to its largest value.

    num_bins: None to give every value a class of its own.  binding: what sets it, for messages.
    Raises DataError where the classes hardly ever occur twice."""
    column = as_numbers_or_texts(column, name, where)
    values, classes = np.unique(column, return_inverse=True)
    is_continuous = (column.dtype.kind == "f" and num_bins is not None and len(values) > num_bins
                     and len(column) < MEAN_REPEATS * len(values))
    if not is_continuous:
        if _hardly_repeat(values, column):
            advice = f"{binding} = 20 puts it into bins" if column.dtype.kind == "f" else \
                f"leave it out with {binding.partition('.')[0]}.factor_names"
            raise DataError(f"{where}: factor {name!r} has {len(values)} values in {len(column)} rows; a class that "
                            f"hardly ever occurs twice cannot be scored. Expected fewer values: {advice}.")
        return Factor(name, classes.astype(np.int64), values.tolist())
    logger.warning("%s: factor %r has %d values in %d rows; it is put into %d bins of equal width "
                   "(%s).", where, name, len(values), len(column), num_bins, binding)
    return binned(name, column, int(num_bins or 0))


def without_names(columns: dict[str, np.ndarray], where: str, binding: str) -> dict[str, np.ndarray]:
    """The columns but those of texts that hardly ever occur twice, which are names or captions of the rows.

    binding: what lists the factors, for the warning.  If all columns are such texts, all are kept."""
    plain = {name: _numbers_where_possible(decoded_texts(column, f"{where}: factor {name!r}"))
             for name, column in columns.items()}
    names = [name for name, column in plain.items()
             if column.dtype.kind == "U" and _hardly_repeat(np.unique(column), column)]
    if len(names) == len(columns):
        return columns
    for name in names:
        logger.warning("%s: column %r holds a text of its own in nearly every row, so it is no factor and is left out "
                       "(%s lists the factors).", where, name, binding)
    return {name: column for name, column in columns.items() if name not in names}


def _hardly_repeat(values: np.ndarray, column: np.ndarray) -> bool:
    return len(values) > FEW_CLASSES and len(column) < FEWEST_REPEATS * len(values)


def binned(name: str, column: np.ndarray, num_bins: int) -> Factor:
    """A column of numbers in bins of equal width; the last one holds the largest value."""
    low, high = float(column.min()), float(column.max())
    width = (high - low) / num_bins
    classes = np.minimum(((column - low) / width).astype(np.int64), num_bins - 1)
    return Factor(name, classes, [low + (number + 0.5) * width for number in range(num_bins)], True)
