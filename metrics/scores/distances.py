"""Distances of factors, codes and pixels compared over triplets (Michlo, Klein and James; disent's components)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...common.numerics.array_likes import as_numbers
from ..declaration import Better, Metric, Score
from ..groups.traversals import mean_over_factors
from ..result import MetricResult
from ..undefined import undefined

PAIRS = (("ground_data", "ground", "data"), ("ground_latent.l1", "ground", "latent.l1"),
         ("ground_latent.l2", "ground", "latent.l2"), ("latent_data.l1", "latent.l1", "data"),
         ("latent_data.l2", "latent.l2", "data"))
KINDS = ("ground", "data", "latent.l1", "latent.l2")
Distances = Mapping[str, Any]  # by kind, (2, n): of n anchors to two other points each
HEADLINE = "distances.rcorr_ground_latent.l2.factor"


def _key(kind: str, pair: str, suffix: str) -> str:
    name, _, norm = pair.partition(".")
    return ".".join(part for part in (f"distances.{kind}_{name}", norm, suffix) if part)


OTHER_KEYS: dict[str, Better | None] = {
    _key(kind, pair, suffix): None if suffix.endswith("by_factor") else "high"
    for kind in ("rsame", "rcorr", "lcorr") for pair, _, _ in PAIRS
    for suffix in ("factor", "global", "factor.by_factor") if _key(kind, pair, suffix) != HEADLINE}


@Metric(
    "distances", paper="Michlo et al. 2023", needs="traversals",
    citations=("michlo2023overlooked",),
    scores=(Score(HEADLINE, "distances", "near factors have near codes", (-1, 1), "large",
                  "a geometric mean: NaN for a negative correlation; pixels are rendered"),),
    other_keys=OTHER_KEYS)
def distances(by_factor: Sequence[Distances], overall: Distances, *, mean: str = "geometric") -> MetricResult:
    """Computes whether codes that are far apart belong to factors that are, over triplets of points.

    Args:
        by_factor: for each factor, distances of triplets along that factor, as `triplet_distances` gives them: by
            kind ("ground", "data", "latent.l1", "latent.l2"), (2, n) of an anchor to two other points.
        overall: the same among random points.
        mean: over factors, "geometric", as in disent, or "arithmetic".

    Returns:
        `distances.rcorr_ground_latent.l2.factor` and others in [-1, 1], higher is better.  rsame: share of triplets
        ordered alike; rcorr, lcorr: rank and linear correlation.  `.factor`: triplets along one factor, averaged over
        factors; `.global`: among random points.  A geometric mean is NaN with a negative correlation.

    Raises:
        UserError: for missing kinds or other shapes, another mean, and without factors.

    >>> far = dict.fromkeys(KINDS, np.array([[1.0, 2.0, 3.0], [2.0, 1.0, 3.0]]))
    >>> round(distances([far], far)["distances.rcorr_ground_latent.l2.factor"], 6)
    1.0
    """
    along = [scores_of(_checked(of_factor), "factor") for of_factor in by_factor]
    among = scores_of(_checked(overall), "global")
    missing = [key for key, value in among.items() if np.isnan(value)]
    if missing:
        undefined(f"{', '.join(missing)}: a distance is the same for all pairs.")
    return MetricResult(among | mean_over_factors(along, mean))


def triplet_distances(factors: np.ndarray, images: np.ndarray, codes: np.ndarray, anchors: np.ndarray,
                      others: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Distances by kind, (2, n): L1 of factors (ground), mean squared of pixels (data), L1 and L2 of codes (latent).

    factors: (m, num_factors), images: (m, H, W, C), codes: (m, num_codes).  anchors, and two others: (n,) rows."""
    found = {"ground": np.stack([np.abs(factors[anchors] - factors[other]).sum(axis=1) for other in others]),
             "data": np.stack([np.mean((images[anchors] - images[other]) ** 2, axis=(1, 2, 3)) for other in others])}
    for order in (1, 2):
        found[f"latent.l{order}"] = np.stack([np.linalg.norm(codes[anchors] - codes[other], ord=order, axis=1)
                                              for other in others])
    return found


def compared(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """Share of triplets that both distances order alike, rank correlation and linear correlation.

    first, second: (2, n) distances from an anchor to two others.  Correlations are NaN where one is constant."""
    from scipy.stats import rankdata

    alike = np.sign(first[0] - first[1]) == np.sign(second[0] - second[1])
    flat = first.ravel().astype(float), second.ravel().astype(float)
    return float(np.mean(alike)), _correlation(rankdata(flat[0]), rankdata(flat[1])), _correlation(*flat)


def scores_of(found: Distances, suffix: str) -> dict[str, float]:
    """`distances.{rsame,rcorr,lcorr}_PAIR.SUFFIX` of distances by kind, (2, n) each."""
    scores = {}
    for pair, first, second in PAIRS:
        for kind, value in zip(("rsame", "rcorr", "lcorr"), compared(found[first], found[second]), strict=True):
            scores[_key(kind, pair, suffix)] = value
    return scores


def _checked(given: Mapping[str, Any]) -> Distances:
    """Distances of every kind as arrays.  Raises UserError."""
    found = {kind: as_numbers(given[kind], f"distances {kind!r}", "(2, num_triplets)") for kind in KINDS
             if kind in given}
    shapes: dict[str, Any] = {kind: found[kind].shape if kind in found else None for kind in KINDS}
    if len(set(shapes.values())) > 1 or any(shape is None or len(shape) != 2 or shape[0] != 2 or not shape[1]
                                            for shape in shapes.values()):
        raise UserError(f"distances have shapes {shapes}; expected (2, num_triplets) for each of {', '.join(KINDS)}.")
    return found


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's; NaN where one is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])
