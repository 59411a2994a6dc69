"""Codes in, scores out: which data set given codes belong to, and the evaluators that score them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...common.configuration.parsing import bound, configured
from ...common.errors import UserError
from ...export.reading.codes_file import CodesFile
from ...ground_truth.files.custom.custom_keys import FACTORS_OF_POINTS
from ...ground_truth.files.custom.factor_files import Columns
from ...ground_truth.files.custom.point_files import IS_TABLE, read_columns
from ...ground_truth.ground_truth_data import GroundTruthData
from ...ground_truth.sets.points import POINTS
from .evaluate import Evaluator
from .metric_inputs.from_codes import StoredViews
from .resolved import load_metrics


class GivenCodes:
    """Files of codes, and the bindings that name the data set whose points they are.

    With `factors` that is a file with a row for each point; with `data_set` one of unbraid's, whose images the rows
    belong to in order, so that metrics may choose factors; with neither, what the files themselves hold or say."""

    def __init__(self, paths: Sequence[Path], factors: Path | None, data_set: str | None,
                 bindings: Sequence[str] = ()):
        """bindings: the user's, which win.  Raises UserError where nothing says whose codes these are."""
        load_metrics()  # so that bindings may refer to what metrics are made of, such as @label_discretizer
        self.paths, self.factors = list(paths), factors
        names = self._factor_names(bindings) if self._share_a_table() else ()
        self.files = [CodesFile(path, names) for path in paths]
        self.data_set = data_set or self._recorded() or self._bound(bindings)
        if self.data_set is None and factors is None:
            self.factors = self._own_factors()

    @property
    def bindings(self) -> list[str]:
        """Bindings that choose the data set."""
        if self.data_set is not None:
            return [f"dataset.name = {self.data_set!r}"]
        return [f"dataset.name = {POINTS!r}", f"points.factors = {str(self.factors)!r}"]

    def evaluators(self, names: Sequence[str]) -> dict[str, Evaluator]:
        """One evaluator for each file, all sharing their data sets."""
        data_sets: dict[str, GroundTruthData] = {}
        return {name: Evaluator(file, None, data_sets=data_sets, views=StoredViews(file, self._known_factors(file)))
                for name, file in zip(names, self.files, strict=True)}

    def _known_factors(self, file: CodesFile) -> tuple[Columns, Path] | None:
        """Factors that come with the codes of a data set, and their file: they tell whether the order is right."""
        path = self.factors or (file.path if file.has(FACTORS_OF_POINTS) else None)
        columns = None if path is None or self.data_set is None else read_columns(path, FACTORS_OF_POINTS)
        return None if columns is None or path is None else (columns, path)

    def _share_a_table(self) -> bool:
        return self.factors in self.paths and self.factors is not None and self.factors.suffix.lower() in IS_TABLE

    def _factor_names(self, bindings: Sequence[str]) -> tuple[str, ...]:
        with configured((), bindings):
            names = bound("points.factor_names")
        if not names:
            raise UserError(f"{self.factors} holds both codes and factors. Name the columns that are factors: "
                            "--gin_bindings \"points.factor_names = ['NAME', ...]\".")
        return tuple(names)  # type: ignore[arg-type]

    def _recorded(self) -> str | None:
        recorded = {file.data_set for file in self.files}
        if len(recorded) > 1:
            raise UserError("The files of codes belong to different data sets "
                            f"({', '.join(sorted(map(str, recorded)))}). Score them one after the other.")
        return recorded.pop() if self.factors is None else None

    @staticmethod
    def _bound(bindings: Sequence[str]) -> str | None:
        with configured((), bindings):
            name = bound("dataset.name")
        return None if name is None else str(name)

    def _own_factors(self) -> Path:
        if len(self.files) == 1 and self.files[0].has(FACTORS_OF_POINTS):
            return self.paths[0]
        raise UserError(f"Nothing says which points {', '.join(map(str, self.paths))} holds the codes of. Give "
                        "--factors FILE, with one row for each of them, or --data_set NAME, whose images they are.")
