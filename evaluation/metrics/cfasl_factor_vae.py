"""FactorVAE score and m-FVM under the protocols of CFASL and MIPET: few images, training votes only."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.groups.votes import Groups
from ...metrics.result import MetricResult
from ...metrics.scores.cfasl_factor_vae_score import cfasl_factor_vae_score
from ...metrics.scores.cfasl_multi_factor_vae_score import cfasl_multi_factor_vae_score
from ..sampling.fixed_factors import numbers_of_fixed_factors
from ..sampling.points import RepresentationFunction, encode_factors
from ..sampling.samplers import copied, distinct_images, factors_of_images, images_but_last
from ..settings.adapters import adapter
from ..settings.choices import pruning_threshold


@adapter(cfasl_factor_vae_score)
def compute_cfasl_factor_vae(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                             random_state: np.random.RandomState, artifact_dir: str | None = None,
                             batch_size: int = gin.REQUIRED, num_train: int = gin.REQUIRED,
                             num_variance_estimate: int = gin.REQUIRED, reseeds: bool = gin.REQUIRED) -> MetricResult:
    """Scores groups of `batch_size` different images whose chosen factor is then fixed.

    See `unbraid.metrics.cfasl_factor_vae_score`.
    reseeds: the votes start from the seed again, as in CFASL.  MIPET goes on where the variances ended; its code also
    reseeds by the clock in each vote, which is left out: votes of one second are copies of one another."""
    data = ground_truth_data
    codes, stream = _points(data, representation_function, num_variance_estimate, random_state, reseeds)
    fixed, grouped = _groups(data, representation_function, num_train, batch_size, stream,
                             lambda: np.array([stream.randint(data.num_factors)]))
    return cfasl_factor_vae_score(codes, (fixed[:, 0], grouped), threshold=pruning_threshold())


@adapter(cfasl_multi_factor_vae_score)
def compute_cfasl_multi_factor_vae(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                                   random_state: np.random.RandomState, artifact_dir: str | None = None,
                                   batch_size: int = gin.REQUIRED, num_train: int = gin.REQUIRED,
                                   num_variance_estimate: int = gin.REQUIRED,
                                   num_fixed_factors: Sequence[int] | None = None) -> MetricResult:
    """Scores groups with k factors fixed, by default k = 2 .. num_factors - 1; each k starts from the seed again.

    See `unbraid.metrics.cfasl_multi_factor_vae_score`."""
    data = ground_truth_data
    codes, _ = _points(data, representation_function, num_variance_estimate, random_state, True)

    def groups(number: int) -> Groups:
        stream = copied(random_state)
        return _groups(data, representation_function, num_train, batch_size, stream,
                       lambda: np.sort(stream.choice(data.num_factors, number, replace=False)))

    numbers = numbers_of_fixed_factors(num_fixed_factors, data.num_factors)
    return cfasl_multi_factor_vae_score(codes, map(groups, numbers), threshold=pruning_threshold())


def _points(data: GroundTruthData, representation_function: RepresentationFunction, num_images: int,
            random_state: np.random.RandomState, reseeds: bool) -> tuple[np.ndarray, np.random.RandomState]:
    """Codes (num_images, num_codes) of different images, and the stream that the votes are drawn from."""
    stream = copied(random_state)
    total = int(np.prod(data.factors_num_values))
    if not reseeds:
        images_but_last(total, 0, stream)  # reference: a tenth of the images is drawn and not used
    images = distinct_images(total, num_images, stream)
    codes = encode_factors(representation_function, data, factors_of_images(data.factors_num_values, images), stream)
    return codes, copied(random_state) if reseeds else stream


def _groups(data: GroundTruthData, representation_function: RepresentationFunction, num_groups: int, batch_size: int,
            stream: np.random.RandomState, draw_choice: Callable[[], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Fixed factors (num_groups, k) and codes (num_groups, batch_size, num_codes); a group draws its images first."""
    chosen, factors = [], []
    for _ in range(num_groups):
        images = images_but_last(int(np.prod(data.factors_num_values)), batch_size, stream)
        of_group = factors_of_images(data.factors_num_values, images)
        fixed = draw_choice()
        of_group[:, fixed] = of_group[0, fixed]
        chosen.append(fixed)
        factors.append(of_group)
    codes = encode_factors(representation_function, data, np.concatenate(factors), stream)
    return np.stack(chosen), codes.reshape(num_groups, batch_size, -1)
