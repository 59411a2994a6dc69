"""Distances over triplets drawn as in disent."""

from __future__ import annotations

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.result import MetricResult
from ...metrics.scores.distances import KINDS, Distances, distances, triplet_distances
from ..sampling.draws import draw_integers
from ..sampling.points import RepresentationFunction, encode
from ..sampling.samplers import copied
from ..sampling.traversals import drawn_traversals, varying_factors
from ..settings.adapters import adapter


@adapter(distances)
def compute_distances(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                      random_state: np.random.RandomState, artifact_dir: str | None = None,
                      repeats: int = gin.REQUIRED, num_samples: int = gin.REQUIRED,
                      global_subset_size: int = gin.REQUIRED, mean: str = "geometric") -> MetricResult:
    """Scores `num_samples` triplets in each of `repeats` traversals of each factor, and in as many random subsets.

    See `unbraid.metrics.distances`.  Triplets are drawn from a stream of their own, as in disent."""
    triplets = copied(random_state)

    def measured(factors: np.ndarray) -> Distances:
        return _measured(ground_truth_data, representation_function, factors, num_samples, triplets, random_state)

    by_factor = [measured(drawn_traversals(ground_truth_data, factor, repeats, random_state))
                 for factor in varying_factors(ground_truth_data)]
    return distances(by_factor, measured(drawn_points(ground_truth_data, repeats, global_subset_size, random_state)),
                     mean=mean)


def drawn_points(ground_truth_data: GroundTruthData, repeats: int, number: int,
                 random_state: np.random.RandomState) -> np.ndarray:
    """(repeats, number, num_factors) random factors, point by point."""
    sizes = ground_truth_data.factors_num_values
    return draw_integers(random_state, sizes, [1] * len(sizes), repeats * number).reshape(repeats, number, -1)


def _measured(data: GroundTruthData, representation_function: RepresentationFunction, factors: np.ndarray,
              num_samples: int, triplets: np.random.RandomState, random_state: np.random.RandomState) -> Distances:
    """Distances by kind, (2, repeats * num_samples), among the points of each repeat (repeats, n, num_factors)."""
    found = []
    for of_repeat in factors:
        observations = data.sample_observations_from_factors(of_repeat, random_state)
        codes = encode(representation_function, observations)
        anchors, *others = triplets.randint(0, len(of_repeat), size=(3, num_samples))
        images = np.asarray(observations, dtype=np.float32)
        found.append(triplet_distances(of_repeat, images, codes, anchors, others))
    return {kind: np.concatenate([of_repeat[kind] for of_repeat in found], axis=1) for kind in KINDS}
