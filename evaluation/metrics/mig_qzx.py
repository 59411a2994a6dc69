"""MIG from q(z|x) as its paper estimates it (Chen et al., arXiv:1802.04942, sec. 4.1), and axis alignment (AAM)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gin
import numpy as np

from ...metrics.context import undefined
from ...metrics.information.posterior_entropy import latent_entropies
from ..protocol.matrices import save_matrix
from ..sampling.points import encode_grid, sample_codes


def mutual_information_of(means: np.ndarray, log_variances: np.ndarray, factors: np.ndarray, num_samples: int,
                          random_state: np.random.RandomState) -> np.ndarray:
    """(D, num_factors) nats: H(z) - H(z | v), the second averaged over the values of v with equal weight.

    means, log_variances: (n, D) of the images; factors: (n, num_factors).  `num_samples` images give one sample each,
    or all that there are."""
    samples = means + np.exp(log_variances / 2) * random_state.standard_normal(means.shape)

    def entropies(rows: np.ndarray) -> np.ndarray:
        chosen = rows[random_state.permutation(len(rows))[:num_samples]]
        return latent_entropies(samples[chosen], means[rows], log_variances[rows])

    marginal = entropies(np.arange(len(means)))
    conditional = [np.mean([entropies(np.flatnonzero(values == value)) for value in np.unique(values)], axis=0)
                   for values in factors.T]
    return (marginal - np.array(conditional)).T


def gap_and_alignment(information: np.ndarray, numbers_of_values: np.ndarray) -> tuple[float, float]:
    """MIG and AAM of information (D, num_factors) in nats, both in [0, 1], higher is better.

    MIG: mean over factors of (I_1 - I_2) / log(number of values), I_1 and I_2 the largest two; AAM: mean of
    max(0, I_1 - all others) / I_1, 0 where no latent knows the factor.  Negative estimates count as 0."""
    ordered = np.maximum(np.sort(information, axis=0)[::-1], 0)
    gaps = (ordered[0] - ordered[1]) / np.log(numbers_of_values)
    alone = np.maximum(ordered[0] - ordered[1:].sum(axis=0), 0)
    return float(np.mean(gaps)), float(np.mean(alone / np.where(ordered[0] > 0, ordered[0], 1)))


@gin.configurable("mig_qzx", denylist=["ground_truth_data", "posterior_function", "random_state", "artifact_dir"])
def compute_mig_qzx(ground_truth_data: Any, posterior_function: Callable[[Any], np.ndarray],
                    random_state: np.random.RandomState, artifact_dir: str | None = None,
                    num_images: int | None = gin.REQUIRED, num_samples: int = gin.REQUIRED,
                    batch_size: int = 16) -> dict[str, float]:
    """`MIG` and `AAM` in [0, 1], higher is better, from the posterior itself: no bins, and noise counts as noise.

    posterior_function: images to (n, 2 D), means and then log-variances.  num_images: drawn uniformly, the mixture that
    q(z) is taken to be; None for all images of the data set, as in disentangling-vae.  num_samples: of them give one
    sample for each entropy.  disentangling-vae's own code mixes up latents when it reshapes the samples, and draws no
    noise in evaluation (its issues 78 and 64): here both are as the paper has them."""
    if num_images is None:
        posterior, factors = encode_grid(ground_truth_data, posterior_function)
    else:
        posterior, factors = sample_codes(ground_truth_data, posterior_function, num_images, random_state, batch_size)
    means, log_variances = np.split(posterior, 2, axis=1)
    numbers = np.array([len(np.unique(values)) for values in factors.T])
    if (numbers < 2).any() or means.shape[1] < 2:
        return dict.fromkeys(("MIG", "AAM"), undefined(
            f"Factors {np.flatnonzero(numbers < 2).tolist()} take one value in the sample, and there are "
            f"{means.shape[1]} latents; gaps are between two latents, for factors that vary."))
    information = mutual_information_of(means, log_variances, factors, num_samples, random_state)
    save_matrix(artifact_dir, "mutual_information", information, ground_truth_data)
    gap, alignment = gap_and_alignment(information, numbers)
    return {"MIG": gap, "AAM": alignment}
