"""Matrices a score comes from, kept beside the result for figures and further work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...common.disk.files import atomic_file
from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.declaration import Matrix, Metric


def save_matrices(artifact_dir: str | Path | None, matrices: Mapping[str, np.ndarray], metric: Metric | None,
                  data: GroundTruthData, code_names: Sequence[str] = ()) -> None:
    """Writes ARTIFACT_DIR/NAME.npz for each matrix: `matrix`, `factor_names` and `code_names`.

    Names of what the matrix has no axis of are left empty, as are those of codes without names.  Does nothing when
    artifact_dir is None."""
    declared = {matrix.name: matrix for matrix in metric.matrices} if metric else {}
    for name, matrix in matrices.items() if artifact_dir is not None else ():
        axes = declared.get(name, Matrix(name, name, "", ""))
        factors = [] if axes.columns == "code" else factor_names(data, matrix.shape[1])
        codes = code_names if axes.rows == "code" and len(code_names) == matrix.shape[0] else []
        with atomic_file(Path(str(artifact_dir)) / f"{name}.npz") as path:
            np.savez(path, matrix=matrix, factor_names=np.array(factors, dtype=str),
                     code_names=np.array(codes, dtype=str))


def saved_matrices(folder: Path) -> dict[str, np.ndarray]:
    """The matrices that a metric saved in `folder`, by name."""
    found = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as saved:
            found[path.stem] = saved["matrix"]
    return found


def factor_names(data: GroundTruthData, num_factors: int) -> list[str]:
    """The data set's own names, or numbers where it has none or others."""
    names = names_of_factors(data)
    return names if len(names) == num_factors else [f"factor {index}" for index in range(num_factors)]


def names_of_factors(data: GroundTruthData) -> list[str]:
    """The data set's own names; none where it does not name its factors."""
    return [str(name) for name in getattr(data, "factor_names", ())]
