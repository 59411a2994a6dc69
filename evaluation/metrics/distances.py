"""Distances of factors, codes and pixels compared over triplets (Michlo, Klein and James; disent's components)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import undefined
from ..sampling.draws import draw_integers
from ..sampling.points import RepresentationFunction, encode
from ..sampling.samplers import copied
from ..sampling.traversals import drawn_traversals, mean_over_factors

PAIRS = (("ground_data", "ground", "data"), ("ground_latent.l1", "ground", "latent.l1"),
         ("ground_latent.l2", "ground", "latent.l2"), ("latent_data.l1", "latent.l1", "data"),
         ("latent_data.l2", "latent.l2", "data"))


def compared(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """Share of triplets that both distances order alike, rank correlation and linear correlation.

    first, second: (2, n) distances from an anchor to two others.  Correlations are NaN where one is constant."""
    from scipy.stats import rankdata

    alike = np.sign(first[0] - first[1]) == np.sign(second[0] - second[1])
    flat = first.ravel().astype(float), second.ravel().astype(float)
    return float(np.mean(alike)), _correlation(*map(rankdata, flat)), _correlation(*flat)


def scores_of(distances: dict[str, np.ndarray], suffix: str) -> dict[str, float]:
    """`distances.{rsame,rcorr,lcorr}_PAIR.SUFFIX` of distances by name, (2, n) each."""
    found = {}
    for name, first, second in PAIRS:
        pair, _, norm = name.partition(".")
        for kind, value in zip(("rsame", "rcorr", "lcorr"), compared(distances[first], distances[second]), strict=True):
            found[".".join(part for part in (f"distances.{kind}_{pair}", norm, suffix) if part)] = value
    return found


@gin.configurable("distances", denylist=RUNTIME_ARGUMENTS)
def compute_distances(ground_truth_data: Any, representation_function: RepresentationFunction,
                      random_state: np.random.RandomState, artifact_dir: str | None = None,
                      repeats: int = gin.REQUIRED, num_samples: int = gin.REQUIRED,
                      global_subset_size: int = gin.REQUIRED, mean: str = "geometric") -> dict[str, Any]:
    """`distances.rcorr_ground_latent.l2.factor` and others in [-1, 1], higher is better.

    Do codes that are far apart belong to factors that are?  rsame: share of triplets ordered alike; rcorr, lcorr: rank
    and linear correlation.  ground: L1 distance of factors, data: mean squared difference of pixels, latent: L1 and L2
    distance of codes.  `.factor`: triplets along one factor, averaged over factors; `.global`: among random images.
    reference: a geometric mean over factors, NaN for a negative correlation; mean: "geometric" or "arithmetic".
    Triplets are drawn from a stream of their own, as in disent."""
    triplets, by_factor = copied(random_state), []
    sizes = ground_truth_data.factors_num_values
    for factor in (factor for factor, size in enumerate(sizes) if size > 1):
        traversals = drawn_traversals(ground_truth_data, factor, repeats, random_state)
        by_factor.append(scores_of(_measured(ground_truth_data, representation_function, traversals, num_samples,
                                             triplets, random_state), "factor"))
    subsets = drawn_points(ground_truth_data, repeats, global_subset_size, random_state)
    overall = scores_of(_measured(ground_truth_data, representation_function, subsets, num_samples, triplets,
                                  random_state), "global")
    missing = [key for key, value in overall.items() if np.isnan(value)]
    if missing:
        undefined(f"{', '.join(missing)}: a distance is the same for all pairs.")
    return overall | mean_over_factors(by_factor, mean)


def drawn_points(ground_truth_data: Any, repeats: int, number: int, random_state: np.random.RandomState) -> np.ndarray:
    """(repeats, number, num_factors) random factors, point by point."""
    sizes = ground_truth_data.factors_num_values
    return draw_integers(random_state, sizes, [1] * len(sizes), repeats * number).reshape(repeats, number, -1)


def _measured(data: Any, representation_function: RepresentationFunction, factors: np.ndarray, num_samples: int,
              triplets: np.random.RandomState, random_state: np.random.RandomState) -> dict[str, np.ndarray]:
    """Distances by name, (2, repeats * num_samples), among the points of each repeat (repeats, n, num_factors)."""
    found: dict[str, list[np.ndarray]] = {name: [] for name in ("ground", "data", "latent.l1", "latent.l2")}
    for of_repeat in factors:
        observations = data.sample_observations_from_factors(of_repeat, random_state)
        codes = encode(representation_function, observations)
        anchors, *others = triplets.randint(0, len(of_repeat), size=(3, num_samples))
        images = np.asarray(observations, dtype=np.float32)
        for name, distances in _distances(of_repeat, images, codes, anchors, others):
            found[name].append(distances)
    return {name: np.concatenate(parts, axis=1) for name, parts in found.items()}


def _distances(factors: np.ndarray, images: np.ndarray, codes: np.ndarray, anchors: np.ndarray,
               others: list[np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    yield "ground", np.stack([np.abs(factors[anchors] - factors[other]).sum(axis=1) for other in others])
    yield "data", np.stack([np.mean((images[anchors] - images[other]) ** 2, axis=(1, 2, 3)) for other in others])
    for order in (1, 2):
        yield f"latent.l{order}", np.stack([np.linalg.norm(codes[anchors] - codes[other], ord=order, axis=1)
                                            for other in others])


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's; NaN where one is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])
