"""KL divergences of Gaussian posteriors, code by code, in nats."""

from __future__ import annotations

import numpy as np


def kl_per_code(mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    """(D,) mean over images of KL(q(z_j|x) || N(0, 1)) = (mu^2 + sigma^2 - log sigma^2 - 1) / 2, at least 0.

    mean, log_variance: (n, D)."""
    mean, log_variance = mean.astype(np.float64), log_variance.astype(np.float64)
    return ((mean**2 + np.exp(log_variance) - log_variance - 1) / 2).mean(axis=0)


def by_falling_kl(kl: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The codes (k,) sorted by falling `kl` (D,), equal ones in the order they are in."""
    return codes[np.argsort(-kl[codes], kind="stable")]


def kl_between(mean1: np.ndarray, log_variance1: np.ndarray, mean2: np.ndarray,
               log_variance2: np.ndarray) -> np.ndarray:
    """(n, D) KL(q(z_j|x1) || q(z_j|x2)) for pairs of images, at least 0; all arguments (n, D)."""
    mean1, log1, mean2, log2 = (array.astype(np.float64) for array in (mean1, log_variance1, mean2, log_variance2))
    return (log2 - log1 + np.exp(log1 - log2) + (mean1 - mean2) ** 2 / np.exp(log2) - 1) / 2
