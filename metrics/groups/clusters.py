"""Clusters of points near centres, over which local scores are averaged (JL1-VAE, arXiv:2106.02923)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ...common.errors import UserError
from ..inputs import Arrays, Points, as_codes, as_factors

Cluster = Points
TrainAndTest = tuple[Points, Points]


def as_cluster(points: Points) -> Arrays:
    """Returns codes and factors as arrays; a cluster may be a single point.  Raises UserError for other shapes."""
    codes, factors = as_codes(points[0], "cluster codes", least=1), as_factors(points[1], "cluster factors")
    if len(factors) != len(codes):
        raise UserError(f"cluster codes have shape {codes.shape} and cluster factors {factors.shape}; expected "
                        "(num_points, num_codes) and (num_points, num_factors) with one row for each point.")
    return codes, factors


def varying(factors: np.ndarray) -> np.ndarray:
    """Mask (num_factors,) of the factors (n, num_factors) that take more than one value."""
    return np.asarray((factors != factors[0]).any(axis=0))


def over_clusters(score: Callable[..., dict[str, float]], clusters: Iterable[Sequence[Points]],
                  keys: Sequence[str]) -> dict[str, Any]:
    """For each key the mean over clusters, NaN if a cluster's is, and `local_KEY_samples`, one per cluster.

    clusters: one or more samples each, such as train and test.  score: of these samples, restricted to the factors that
    vary in the first one.  A factor that is fixed in a cluster says nothing there, and classifiers cannot learn it; a
    cluster in which no factor varies is NaN."""
    found = []
    for samples in clusters:
        arrays = [as_cluster(sample) for sample in samples]
        vary = varying(arrays[0][1])
        found.append(score(*((codes, factors[:, vary]) for codes, factors in arrays)) if vary.any()
                     else dict.fromkeys(keys, float("nan")))
    check_clusters(found)
    means: dict[str, Any] = {key: float(np.mean([of_cluster[key] for of_cluster in found])) for key in keys}
    return means | {f"local_{key}_samples": [of_cluster[key] for of_cluster in found] for key in keys}


def check_clusters(found: Sequence[Any]) -> None:
    """Raises UserError without a cluster."""
    if not found:
        raise UserError("clusters are empty; a local score needs at least one.")
