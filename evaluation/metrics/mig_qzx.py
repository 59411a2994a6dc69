"""MIG and axis alignment from the posterior of drawn images, or of all."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.mig_qzx import mig_qzx
from ..sampling.points import RepresentationFunction, encode_grid, sample_codes
from ..settings.adapters import adapter
from ..settings.context import num_jobs


@adapter(mig_qzx, denylist=("ground_truth_data", "posterior_function", "random_state", "artifact_dir"))
def compute_mig_qzx(ground_truth_data: GroundTruthData, posterior_function: RepresentationFunction,
                    random_state: np.random.RandomState, artifact_dir: str | None = None,
                    num_images: int | None = gin.REQUIRED, num_samples: int = gin.REQUIRED,
                    batch_size: int = 16) -> MetricResult:
    """Scores the posterior; see `unbraid.metrics.mig_qzx`.

    posterior_function: images to (n, 2 D), means and then log-variances.  num_images: drawn uniformly, the mixture that
    q(z) is taken to be; None for all images of the data set, as in disentangling-vae."""
    if num_images is None:
        posterior, factors = encode_grid(ground_truth_data, posterior_function)
    else:
        posterior, factors = sample_codes(ground_truth_data, posterior_function, num_images, random_state, batch_size)
    means, log_variances = np.split(posterior, 2, axis=1)
    return mig_qzx(means, log_variances, factors, random_state=random_state, num_samples=num_samples,
                   n_jobs=num_jobs())
