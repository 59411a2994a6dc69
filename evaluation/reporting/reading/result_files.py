"""Reading result files: one a metric and seed, found by a glob or below a folder; a broken one is named, not fatal."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....common.disk.reading import check_schema, read_json
from ....common.errors import UserError, one_sentence
from ....common.results import SCHEMA
from ...settings.context import num_jobs

Row = dict[str, Any]
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

    progress: wraps an iterable, as tqdm does."""
    with ThreadPoolExecutor(max(4, num_jobs())) as pool:  # on a network disk most of the time is waiting
        results = pool.map(_read, paths)
        return _collected(progress(results, total=len(paths), unit="file") if progress else results)


def _collected(results: Iterable[list[Row] | str]) -> ResultRows:
    collected = ResultRows()
    for result in results:
        if isinstance(result, str):
            collected.broken.append(result)
        else:
            collected.rows.extend(result)
    return collected


def _read(path: Path) -> list[Row] | str:
    try:
        values = read_json(path, what="a result file")
        rows = _rows_of_aggregate(values) if _is_aggregate(values) else [_checked(values, path)]
        for row in rows:
            check_schema(row, SCHEMA, path)
        return rows
    except (UserError, ValueError, TypeError, AttributeError) as error:
        text = str(error)
        return text if str(path) in text else one_sentence(f"{path} cannot be read as a result file: {error}.")


def _checked(values: Row, path: Path) -> Row:
    if not any(key.split(".")[0].endswith(("_results", "_config")) for key in values):
        raise UserError(f"{path} holds no result: expected keys such as 'evaluation_results.discrete_mig'.")
    return {**values, "path": str(path)}


def _is_aggregate(values: Row) -> bool:
    """Whether this is disentanglement_lib's aggregate of many files: column to row number to value."""
    return isinstance(values.get("path"), dict)


def _rows_of_aggregate(values: Row) -> list[Row]:
    return [{key: column[number] for key, column in values.items() if column.get(number) is not None}
            for number in values["path"]]


def _files_of(pattern: str) -> list[Path]:
    folder = Path(pattern)
    if folder.is_dir():
        found = (path for step in STEPS for path in folder.rglob(f"results/aggregate/{step}.json"))
        return sorted(path for path in found  # a hidden folder is one that is being written
                      if not any(part.startswith(".") for part in path.relative_to(folder).parts))
    return sorted(Path(name) for name in glob.glob(pattern, recursive=True) if Path(name).is_file())
