"""Codes in a file, one row for each point: what stands in the place of a model where another program has encoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...common.disk.file_identity import content_sha256
from ...common.errors import DataError
from ...ground_truth.files.arrays.open_array import array_source, stored_keys
from ...ground_truth.files.custom.custom_contents import texts
from ...ground_truth.files.custom.custom_keys import CODES
from ...ground_truth.files.custom.factor_columns import columns_of
from ...ground_truth.files.custom.point_files import IS_TABLE, narrowed, read_columns
from ..foreign.graph_description import Hints

NAMES = ("code_names", "latent_names")
DATA_SET = "data_set"  # key of the name of the data set whose images the rows are


class CodesFile:
    """Codes (n, num_codes) of a file, under the attributes of `Representation` that results record.

    codes: float32 or float64, as stored; other numbers are converted to float64, half precision to float32.
    code_names: of the columns; z0, z1, ... where the file has none.
    data_set: of whose images these are the codes, where it says so."""

    backend, provider, device = "codes", "file", "cpu"
    record, understanding, hints, allow_batch_dependence = None, None, Hints(), False

    def __init__(self, path: Path, without: tuple[str, ...] = ()):
        """without: columns that are not codes.

        Raises MissingDataError without a file, DataError for one that has no codes, or codes that are not finite."""
        self.path = path
        columns = read_columns(path, CODES, names_keys=NAMES, prefix="z")
        if columns is None:
            columns = self._only_array(stored_keys(path))
        self.code_names = [name for name in columns if name not in without]
        if not self.code_names:
            beside = f" beside the factors {', '.join(without)}" if without else ""
            raise DataError(f"{path} has no columns of codes{beside}.")
        codes = np.stack([self._numbers(name, columns[name]) for name in self.code_names], axis=1)
        if codes.dtype not in (np.float32, np.float64):
            codes = codes.astype(np.float32 if codes.dtype == np.float16 else np.float64)
        self.codes = narrowed(codes) if path.suffix.lower() == ".parquet" else codes
        self._check_finite()
        self.data_set = self._recorded_data_set()

    @property
    def sha256(self) -> str:
        """Hash of the file, to tell it apart in results."""
        return content_sha256(self.path)

    def has(self, keys: tuple[str, ...]) -> bool:
        """Whether the file is one of arrays and holds one of these beside the codes."""
        return self.path.suffix.lower() not in IS_TABLE and any(key in stored_keys(self.path) for key in keys)

    def _only_array(self, keys: list[str]) -> dict[str, np.ndarray]:
        if len(keys) != 1:
            raise DataError(f"{self.path} has no array {', '.join(CODES[:3])} or {CODES[-1]}; it holds "
                            f"{', '.join(sorted(keys)) or 'nothing'}. Save the codes as 'codes'.")
        source = array_source(self.path, keys[0])
        return columns_of(source.load(), None, str(source), "z")

    def _numbers(self, name: str, column: np.ndarray) -> np.ndarray:
        """A column as numbers, also where a table has written them as texts; nothing written is NaN."""
        if column.dtype.kind in "biuf":
            return column
        try:
            return np.where(np.char.strip(column) == "", "nan", column).astype(np.float64)
        except ValueError:
            raise DataError(f"{self.path}: the column {name!r} holds texts; expected codes, one column of numbers for "
                            "each. Columns that are factors are named by points.factor_names.") from None

    def _check_finite(self) -> None:
        finite = np.isfinite(self.codes)
        if not finite.all():
            row, column = np.argwhere(~finite)[0]
            raise DataError(f"{self.path}: code {self.code_names[column]!r} is {self.codes[row, column]} in row {row}, "
                            f"and {int((~finite).sum())} entries are NaN or infinite; expected finite numbers. Leave "
                            "such points out, in the factors too.")

    def _recorded_data_set(self) -> str | None:
        if not self.has((DATA_SET,)):
            return None
        names = texts(array_source(self.path, DATA_SET))
        if len(names) != 1:
            raise DataError(f"{self.path} names {len(names)} data sets in {DATA_SET!r}; expected one.")
        return names[0]
