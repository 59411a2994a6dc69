"""m-FVM with held-out votes; points are drawn as for disentanglement_lib's FactorVAE score."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.groups.votes import Groups
from ...metrics.result import MetricResult
from ...metrics.scores.multi_factor_vae_score import multi_factor_vae_score
from ..sampling.fixed_factors import fix_factors, numbers_of_fixed_factors
from ..sampling.points import RepresentationFunction, sample_codes, sample_groups
from ..settings.adapters import adapter
from ..settings.choices import pruning_threshold


@adapter(multi_factor_vae_score)
def compute_multi_factor_vae(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                             random_state: np.random.RandomState, artifact_dir: str | None = None,
                             batch_size: int = gin.REQUIRED, num_train: int = gin.REQUIRED,
                             num_eval: int = gin.REQUIRED, num_variance_estimate: int = gin.REQUIRED,
                             num_fixed_factors: Sequence[int] | None = None) -> MetricResult:
    """Scores groups with k factors fixed, by default k = 2 .. num_factors - 1.

    See `unbraid.metrics.multi_factor_vae_score`.  CFASL's own code has no held-out groups
    (`cfasl_multi_factor_vae_score`)."""
    numbers = numbers_of_fixed_factors(num_fixed_factors, ground_truth_data.num_factors)
    codes, _ = sample_codes(ground_truth_data, representation_function, num_variance_estimate, random_state,
                            num_variance_estimate)

    def groups(number: int, num_groups: int) -> Groups:
        tuples = list(combinations(range(ground_truth_data.num_factors), number))
        chosen, grouped = sample_groups(ground_truth_data, representation_function, num_groups, batch_size, 1,
                                        fix_factors(tuples), random_state, len(tuples))
        return np.array(tuples)[chosen], grouped[0]

    return multi_factor_vae_score(codes, ((groups(number, num_train), groups(number, num_eval)) for number in numbers),
                                  threshold=pruning_threshold())
