"""Tables of factors beside pictures: CSV, TSV, JSON lines, parquet and .npy files, and names of folders."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ....common.errors import DataError, MissingDataError
from ..arrays.open_array import array_source
from ..pictures.picture_folder import PICTURE_SUFFIXES, has_plain_order
from ..reads import note_read
from .factor_columns import columns_of, columns_of_values

Columns = dict[str, np.ndarray]

ROW_NUMBERS = ("", "Unnamed: 0", "index", "__index_level_0__")  # columns that pandas adds
TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet", ".npy")


def find_table(folder: Path, chosen: str | None) -> Path | None:
    """The table `chosen`, below `folder` or anywhere, or the only one directly in `folder`; None without one.

    Raises MissingDataError when `chosen` does not exist, DataError when there are several."""
    if chosen is not None:
        for path in (folder / chosen, Path(chosen).expanduser()):
            if path.is_file():
                return path
        raise MissingDataError(f"custom_data.factors_path is {chosen!r}, but there is no such file in {folder}.")
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in TABLE_SUFFIXES and path.is_file())
    if len(found) > 1:
        raise DataError(f"{folder} has several tables ({', '.join(path.name for path in found)}). Bind "
                        "custom_data.factors_path to the one with the factors.")
    return found[0] if found else None


def read_table(path: Path) -> Columns:
    """The columns of a table as numbers or texts, without row numbers.  Raises DataError for a damaged table."""
    note_read(path)
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return columns_of(array_source(path).load(), None, str(path))
    try:
        if suffix == ".parquet":
            rows = _parquet(path)
        elif suffix == ".txt":
            rows = _columns_of_words(path)
        elif suffix == ".jsonl":
            rows = _json_lines(path)
        else:
            rows = _csv(path, "\t" if suffix == ".tsv" else None)
    except DataError:
        raise
    except (OSError, ValueError, RecursionError, csv.Error) as error:  # JSON can be nested too deeply
        raise DataError(f"{path} cannot be read as a table: {error}.") from error
    columns: Columns = {}
    for name, values in rows.items():
        if name not in ROW_NUMBERS:
            columns |= columns_of_values(name, values, str(path))
    return columns


def match_pictures(columns: Columns, pictures: Sequence[Path], folder: Path, where: str) -> tuple[list[Path], Columns]:
    """The picture of each row of a table, and the columns without the one that names pictures.

    A column names pictures when its texts differ and each is the path or the name of one.  Without such a column a
    table with as many rows as pictures belongs to them in the order of their names.  Raises DataError where neither
    holds."""
    by_name: dict[str, list[Path]] = {}
    for path in pictures:
        relative = path.relative_to(folder).as_posix()
        for name in {relative, path.name, relative.removesuffix(path.suffix), path.stem}:
            by_name.setdefault(name, []).append(path)
    misses: dict[str, str] = {}
    for column, values in columns.items():
        names = [str(value).removeprefix("./") for value in values]
        if values.dtype.kind != "U" or len(set(names)) < len(names):  # values of a factor may happen to be names, too
            continue
        unknown = [name for name in names if len(by_name.get(name, ())) != 1]
        if not unknown:
            rest = {name: values for name, values in columns.items() if name != column}
            return [by_name[name][0] for name in names], rest
        if len(unknown) <= len(names) // 2 or Path(names[0]).suffix.lower() in PICTURE_SUFFIXES:
            misses[column] = unknown[0]
    if misses:
        column, missing = next(iter(misses.items()))
        raise DataError(f"{where} names pictures in its column {column!r}, but {folder} has "
                        f"{'several pictures' if missing in by_name else 'no picture'} {missing}.")
    num_rows = len(next(iter(columns.values()), ()))
    if num_rows != len(pictures):
        raise DataError(f"{where} has {num_rows} rows for {len(pictures)} pictures and no column with their names.")
    if not has_plain_order(pictures):
        raise DataError(f"{where} has no column with the pictures' names, and their order is not plain: "
                        "sorted by the alphabet, 10 comes before 2. Add a column with the names.")
    return list(pictures), columns


def factors_of_folders(pictures: Sequence[Path], folder: Path) -> Columns:
    """Factors that the folders' names give: one for each level, such as heart/large/1.png or shape=heart/size=2/1.png.

    Nothing where all pictures lie in one folder or not equally deep."""
    levels = [path.relative_to(folder).parts[:-1] for path in pictures]
    if len(set(levels)) < 2 or len({len(parts) for parts in levels}) > 1:
        return {}
    columns: Columns = {}
    for depth, parts in enumerate(zip(*levels, strict=True)):
        pairs = [part.split("=", 1) for part in parts]
        named = {pair[0] for pair in pairs if len(pair) == 2}
        if len(named) == 1 and all(len(pair) == 2 for pair in pairs):
            columns[named.pop()] = np.array([pair[1] for pair in pairs])
        elif len(set(parts)) > 1:
            columns["class" if len(levels[0]) == 1 else f"folder_{depth}"] = np.array(parts)
    return columns


def _csv(path: Path, delimiter: str | None) -> dict[str, list[Any]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        start = file.read(1 << 16)
        file.seek(0)
        if delimiter is None:
            line = start.split("\n", 1)[0]
            delimiter = max(",;\t", key=line.count)
        rows = [row for row in csv.reader(file, delimiter=delimiter) if row]
    if len(rows) < 2:
        raise DataError(f"{path} has {len(rows)} lines; expected a line of names, then one for each picture.")
    header, *rows = rows
    if wrong := next((number for number, row in enumerate(rows, 2) if len(row) != len(header)), None):
        raise DataError(f"{path}: line {wrong} has {len(rows[wrong - 2])} entries; the first line names {len(header)} "
                        "columns.")
    if all(_is_number(name) for name in header):
        raise DataError(f"{path} starts with numbers; expected a first line with the names of the columns.")
    return _by_name([name.strip() for name in header], rows, path)


def _columns_of_words(path: Path) -> dict[str, list[Any]]:
    """A table of words between spaces, as CelebA's list_attr_celeba.txt: perhaps a line with the number of rows, a line
    of names, which may leave out that of the pictures, then one line for each picture."""
    lines = [line.split() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    header, *rows = lines[1:] if len(lines) > 1 and len(lines[0]) == 1 else lines or [[]]
    if rows and len(rows[0]) == len(header) + 1:
        header = ["file", *header]
    if not rows or any(len(row) != len(header) for row in rows):
        raise DataError(f"{path} is no table: expected a line of names, then as many words in every line.")
    return _by_name(header, rows, path)


def _by_name(names: Sequence[str], rows: Sequence[Sequence[str]], path: Path) -> dict[str, list[Any]]:
    """The columns of rows of words by name.  Raises DataError where two have the same."""
    if repeated := next((name for number, name in enumerate(names) if name in names[:number]), None):
        raise DataError(f"{path} has several columns called {repeated!r}; expected a name of its own for each.")
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def _json_lines(path: Path) -> dict[str, list[Any]]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{path}: expected one JSON object in each line.")
    names = list(rows[0])
    if different := next((number for number, row in enumerate(rows, 1) if set(row) != set(names)), None):
        raise DataError(f"{path}: line {different} has the keys {', '.join(rows[different - 1])}; the first line has "
                        f"{', '.join(names)}.")
    return {name: [row[name] for row in rows] for name in names}


def _parquet(path: Path) -> dict[str, list[Any]]:
    from .parquet_files import read_parquet

    return read_parquet(path)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
