"""The aggregate of disentanglement_lib: a DataFrame with one row a result file, as JSON, CSV or Parquet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...common.disk.files import atomic_file, plain
from ...common.errors import UserError
from .reading.result_files import Row, find_result_files, read_result_files

if TYPE_CHECKING:
    import pandas as pd

FORMATS = (".json", ".csv", ".parquet")


def aggregate_results_to_json(result_file_pattern: str, output_path: str | Path) -> list[str]:
    """As disentanglement_lib's function of this name: all files that match, in one JSON file.

    Returns a sentence for each file that could not be read.  Raises UserError when none can."""
    results = read_result_files(find_result_files([result_file_pattern]))
    write_frame(data_frame(results.rows), output_path)
    return results.broken


def load_aggregated_json_results(source_path: str | Path) -> pd.DataFrame:
    """As disentanglement_lib's function of this name.  Raises UserError for a file that is no aggregate."""
    import pandas as pd

    try:
        return pd.read_json(source_path, orient="columns")
    except (ValueError, OSError) as error:
        raise UserError(f"{source_path} cannot be read as aggregated results: {error}.") from error


def data_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """One row a result file, columns the union of their keys; missing values are NaN."""
    import pandas as pd

    if not rows:
        raise UserError("None of the result files can be read, so there is nothing to write.")
    return pd.DataFrame(list(rows)).replace([np.inf, -np.inf], np.nan)


def check_format(path: Path, formats: Sequence[str] = FORMATS) -> None:
    """Raises UserError for a suffix that names no format, or Parquet without pyarrow."""
    import importlib.util

    if path.suffix not in formats:
        raise UserError(f"{path} ends in {path.suffix or 'nothing'!r}; expected one of {', '.join(formats)}.")
    if path.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise UserError(f"{path} needs pyarrow, which is not installed: pip install 'unbraid[parquet]'.")


def write_frame(frame: pd.DataFrame, path: str | Path) -> None:
    """Writes JSON (disentanglement_lib's, but with all digits), CSV or Parquet, whichever the suffix says."""
    check_format(Path(path))
    with atomic_file(path) as temporary:
        if Path(path).suffix == ".json":
            frame.to_json(temporary, double_precision=15)
        elif Path(path).suffix == ".csv":
            _flat(frame).to_csv(temporary, index=False, errors="backslashreplace")
        else:
            _flat(frame).to_parquet(temporary, index=False)


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Lists and dictionaries as JSON text, and a column of several types as text: tables know neither."""
    flat = frame.copy()
    for name in flat.columns:
        if flat[name].dtype.kind in "iufb":
            continue
        kinds = {_kind(kind) for kind in set(map(type, flat[name].dropna()))}
        if "nested" in kinds:
            flat[name] = flat[name].map(_json_text)
        elif len(kinds) > 1:
            flat[name] = flat[name].map(str, na_action="ignore")
    return flat


def _json_text(value: Any) -> Any:
    return json.dumps(plain(value)) if isinstance(value, (list, dict)) else value


def _kind(kind: type) -> str:
    """Types that share a column."""
    return {list: "nested", dict: "nested", int: "number", float: "number"}.get(kind, kind.__name__)
