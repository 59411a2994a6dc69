"""MIG from q(z|x) as its paper estimates it (Chen et al., arXiv:1802.04942, sec. 4.1), and axis alignment (AAM)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.errors import UserError
from ..declaration import Metric, Score
from ..information.posterior_entropy import latent_entropies
from ..inputs import as_codes, as_points
from ..random_streams import RandomSeed, as_random_state
from ..result import MetricResult
from ..shared_matrices import MUTUAL_INFORMATION
from ..undefined import one_value, undefined


@Metric(
    "mig_qzx", paper="Chen et al. 2018", needs="posterior", matrices=(MUTUAL_INFORMATION,), aliases=("aam",),
    citations=("chen2018isolating",),
    scores=(Score("MIG", "MIG from q(z\\|x)", "as MIG, with the posterior's noise and without bins", (0, 1), "large",
                  "needs the exported posterior; few images bias it upwards"),
            Score("AAM", "axis alignment (AAM)", "one code knows a factor, all others together nothing", (0, 1),
                  "large", "0 as soon as the others together know as much (disentangling-vae)")))
def mig_qzx(means: Any, log_variances: Any, factors: Any, *, random_state: RandomSeed, num_samples: int = 2_000,
            n_jobs: int | None = None) -> MetricResult:
    """Computes MIG and axis alignment from the posterior itself: no bins, and noise counts as noise.

    disentangling-vae's own code mixes up latents when it reshapes the samples, and draws no noise in evaluation (its
    issues 78 and 64): here both are as the paper has them.

    Args:
        means: (n, num_codes) of the posterior of images that stand for q(z).
        log_variances: (n, num_codes).
        factors: (n, num_factors) discrete values.
        random_state: stream or seed of the samples.
        num_samples: number of images that give one sample for each entropy.
        n_jobs: number of parallel jobs, None for the number of cores.

    Returns:
        `MIG` and `AAM` in [0, 1], higher is better.  NaN with one code or a factor of one value.
        Matrix `mutual_information`, nats.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), axis=1)
    >>> round(mig_qzx(factors * 1.0, np.full((60, 3), -12.0), factors, random_state=0)["AAM"], 1)
    1.0
    """
    means, factors = as_points(means, factors)
    log_variances = as_codes(log_variances, "log_variances")
    if log_variances.shape != means.shape:
        raise UserError(f"log_variances have shape {log_variances.shape}; expected that of the means, {means.shape}.")
    numbers = np.array([len(np.unique(values)) for values in factors.T])
    if (numbers < 2).any() or means.shape[1] < 2:
        return MetricResult(dict.fromkeys(("MIG", "AAM"), undefined(
            f"gaps are between two latents, for factors that vary; {one_value(np.flatnonzero(numbers < 2))} in the "
            f"sample, and there are {means.shape[1]} latents.")))
    information = mutual_information_of(means, log_variances, factors, num_samples, as_random_state(random_state),
                                        n_jobs)
    gap, alignment = gap_and_alignment(information, numbers)
    return MetricResult({"MIG": gap, "AAM": alignment}, {"mutual_information": information})


def mutual_information_of(means: np.ndarray, log_variances: np.ndarray, factors: np.ndarray, num_samples: int,
                          stream: np.random.RandomState, n_jobs: int | None = None) -> np.ndarray:
    """(num_codes, num_factors) nats: H(z) - H(z | v), the second averaged over the values of v with equal weight.

    means, log_variances: (n, num_codes) of the images; factors: (n, num_factors).  `num_samples` images give one
    sample each, or all that there are."""
    samples = means + np.exp(log_variances / 2) * stream.standard_normal(means.shape)

    def entropies(rows: np.ndarray) -> np.ndarray:
        chosen = rows[stream.permutation(len(rows))[:num_samples]]
        return latent_entropies(samples[chosen], means[rows], log_variances[rows], n_jobs)

    marginal = entropies(np.arange(len(means)))
    conditional = [np.mean([entropies(np.flatnonzero(values == value)) for value in np.unique(values)], axis=0)
                   for values in factors.T]
    return np.asarray((marginal - np.array(conditional)).T)


def gap_and_alignment(information: np.ndarray, numbers_of_values: np.ndarray) -> tuple[float, float]:
    """MIG and AAM of information (num_codes, num_factors) in nats, both in [0, 1], higher is better.

    MIG: mean over factors of (I_1 - I_2) / log(number of values), I_1 and I_2 the largest two; AAM: mean of
    max(0, I_1 - all others) / I_1, 0 where no latent knows the factor.  Negative estimates count as 0."""
    ordered = np.maximum(np.sort(information, axis=0)[::-1], 0)
    gaps = (ordered[0] - ordered[1]) / np.log(numbers_of_values)
    alone = np.maximum(ordered[0] - ordered[1:].sum(axis=0), 0)
    return float(np.mean(gaps)), float(np.mean(alone / np.where(ordered[0] > 0, ordered[0], 1)))
