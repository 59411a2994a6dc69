"""Entropy of latents under the aggregate posterior: a mixture of one Gaussian for every image."""

from __future__ import annotations

import math

import numpy as np

from ...common.compiling.compiled import compiled
from ..estimators.jobs import num_jobs, run_threads


def latent_entropies(samples: np.ndarray, means: np.ndarray, log_variances: np.ndarray,
                     n_jobs: int | None = None) -> np.ndarray:
    """(D,) estimates in nats of the entropy of each latent: the mean over samples of -log q(z).

    samples: (n, D), one drawn from the posterior of each of some images.  means, log_variances: (N, D) of all images of
    the mixture, which must hold those of the samples: then no density underflows."""
    tasks = []
    for latent in range(means.shape[1]):
        scales = np.exp(-log_variances[:, latent].astype(np.float64) / 2)
        centres = np.ascontiguousarray(means[:, latent], dtype=np.float64)
        for part in np.array_split(samples[:, latent].astype(np.float64), num_jobs(n_jobs)):
            tasks.append((part, centres, scales))
    sums = np.array(run_threads(_sum_of_surprises, tasks, n_jobs)).reshape(means.shape[1], -1).sum(axis=1)
    return np.asarray(sums / len(samples) + math.log(len(means)) + math.log(2 * math.pi) / 2)


@compiled()
def _sum_of_surprises(samples: np.ndarray, centres: np.ndarray, scales: np.ndarray) -> float:
    """Sum over samples of -log of the unnormalised mixture; scales are one over the standard deviations."""
    total = 0.0
    for sample in samples:
        density = 0.0
        for image in range(len(centres)):
            distance = (sample - centres[image]) * scales[image]
            density += scales[image] * math.exp(-0.5 * distance * distance)
        total -= math.log(density)
    return total
