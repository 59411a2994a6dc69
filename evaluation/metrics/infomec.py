"""InfoM, InfoE and InfoC of points drawn as for MIG."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.infomec import infomec
from ..sampling.points import RepresentationFunction, sample_codes
from ..settings.adapters import adapter
from ..settings.context import model_stream, num_jobs


@adapter(infomec)
def compute_infomec(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                    random_state: np.random.RandomState, artifact_dir: str | None = None, num_train: int = gin.REQUIRED,
                    batch_size: int = 16, discrete_latents: bool = gin.REQUIRED, n_neighbors: int = 10,
                    prune_fraction: float = 0.05) -> MetricResult:
    """Scores `num_train` points; see `unbraid.metrics.infomec`."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    return infomec(codes, factors, random_state=model_stream(), discrete_latents=discrete_latents,
                   n_neighbors=n_neighbors, prune_fraction=prune_fraction, n_jobs=num_jobs())
