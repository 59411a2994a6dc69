"""Reading result files: one a metric and seed, found by a glob or below a folder; a broken one is named, not fatal."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....common.disk.reading import check_schema, read_json
from ....common.errors import UserError, one_sentence
from ....common.results import SCHEMA
from ...settings.context import num_jobs
from .row_cache import Row, RowCache

STEPS = ("evaluation", "validation")


@dataclass
class ResultRows:
    """Flat dictionaries `STEP_config.KEY` and `STEP_results.KEY` with the file's `path`; why others could not be read.

    broken: one sentence a file."""

    rows: list[Row] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def find_result_files(patterns: Iterable[str | Path]) -> list[Path]:
    """Files that match the glob patterns; a folder stands for all scores below it, repeats too.  Sorted, each once.

    Raises UserError for a pattern without a file."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        files = _files_of(str(pattern))
        if not files:
            raise UserError(f"No result file matches {str(pattern)!r}. Expected a folder of runs, or a pattern such as "
                            "'runs/*/metrics/*/results/aggregate/evaluation.json' (in quotes).")
        found.update(dict.fromkeys(files))
    return list(found)


def read_result_files(paths: Sequence[Path], progress: Callable[..., Any] | None = None) -> ResultRows:
    """Reads aggregate files on threads, in order; also files of many rows that `unbraid-aggregate` wrote.

    Of many files, those that have not changed since they were read before come from a cache.
    progress: wraps an iterable, as tqdm does."""
    cache = RowCache(paths)
    with ThreadPoolExecutor(max(4, num_jobs())) as pool:  # on a network disk most of the time is waiting
        results = pool.map(lambda path: _read(path, cache), paths)
        collected = _collected(progress(results, total=len(paths), unit="file") if progress else results)
    cache.save()
    return collected


def _collected(results: Iterable[list[Row] | str]) -> ResultRows:
    collected = ResultRows()
    for result in results:
        if isinstance(result, str):
            collected.broken.append(result)
        else:
            collected.rows.extend(result)
    return collected


def _read(path: Path, cache: RowCache) -> list[Row] | str:
    try:
        rows = cache.rows(path, _rows_of_file)
        return [row if "path" in row else {**row, "path": str(path)} for row in rows]
    except (UserError, ValueError, TypeError, AttributeError) as error:
        text = str(error)
        return text if str(path) in text else one_sentence(f"{path} cannot be read as a result file: {error}.")


def _rows_of_file(path: Path) -> list[Row]:
    """The rows of a file; only those of an aggregate have a path of their own.  Raises UserError for other files."""
    values = read_json(path, what="a result file")
    rows = _rows_of_aggregate(values) if _is_aggregate(values) else [_checked(values, path)]
    for row in rows:
        check_schema(row, SCHEMA, path)
    return [{sys.intern(key): sys.intern(value) if type(value) is str else value for key, value in row.items()}
            for row in rows]  # the same names and settings in every file take their memory once


def _checked(values: Row, path: Path) -> Row:
    if not any(key.split(".")[0].endswith(("_results", "_config")) for key in values):
        raise UserError(f"{path} holds no result: expected keys such as 'evaluation_results.discrete_mig'.")
    values.pop("path", None)
    return values


def _is_aggregate(values: Row) -> bool:
    """Whether this is disentanglement_lib's aggregate of many files: column to row number to value."""
    return isinstance(values.get("path"), dict)


def _rows_of_aggregate(values: Row) -> list[Row]:
    return [{key: column[number] for key, column in values.items() if column.get(number) is not None}
            for number in values["path"]]


def _files_of(pattern: str) -> list[Path]:
    folder = Path(pattern)
    if folder.is_dir():
        return sorted(_below(folder))
    return sorted(Path(name) for name in glob.glob(pattern, recursive=True) if Path(name).is_file())


def _below(folder: Path) -> Iterator[Path]:
    """Result files below a folder, in one pass; a hidden folder is one that is being written."""
    for parent, folders, _ in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if "results" in folders:
            found = [path for step in STEPS if (path := Path(parent, "results", "aggregate", f"{step}.json")).is_file()]
            yield from found
            if found:
                folders.remove("results")
