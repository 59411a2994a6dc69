"""Matrices a score comes from, kept beside the result for figures and further work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...common.disk.files import atomic_file
from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.declaration import Metric


def save_matrices(artifact_dir: str | Path | None, matrices: Mapping[str, np.ndarray], data: GroundTruthData,
                  metric: Metric | None) -> None:
    """Writes ARTIFACT_DIR/NAME.npz for each matrix: `matrix`, and the factors' names where its columns are factors.

    Does nothing when artifact_dir is None."""
    of_codes = {matrix.name for matrix in metric.matrices if matrix.columns == "code"} if metric else set()
    for name, matrix in matrices.items() if artifact_dir is not None else ():
        names = [] if name in of_codes else factor_names(data, matrix.shape[1])
        with atomic_file(Path(str(artifact_dir)) / f"{name}.npz") as path:
            np.savez(path, matrix=matrix, factor_names=np.array(names, dtype=str))


def factor_names(data: GroundTruthData, num_factors: int) -> list[str]:
    """The data set's own names, or numbers where it has none or others."""
    names = [str(name) for name in getattr(data, "factor_names", ())]
    return names if len(names) == num_factors else [f"factor {index}" for index in range(num_factors)]
