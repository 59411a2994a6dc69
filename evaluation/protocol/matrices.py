"""Matrices a score comes from, kept beside the result for figures and further work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...common.files import atomic_file


def save_matrix(artifact_dir: str | None, name: str, matrix: np.ndarray, ground_truth_data: Any = None) -> None:
    """Writes ARTIFACT_DIR/NAME.npz: `matrix` (codes, factors) and the factors' names.  No folder, no file."""
    if artifact_dir is None:
        return
    names = factor_names(ground_truth_data, matrix.shape[1]) if ground_truth_data is not None else []
    with atomic_file(Path(artifact_dir) / f"{name}.npz") as path:
        np.savez(path, matrix=matrix, factor_names=np.array(names, dtype=str))


def factor_names(ground_truth_data: Any, num_factors: int) -> list[str]:
    """The data set's own names, or numbers where it has none or others."""
    names = [str(name) for name in getattr(ground_truth_data, "factor_names", ())]
    return names if len(names) == num_factors else [f"factor {index}" for index in range(num_factors)]
