"""Z-min variance: FactorVAE's score on given points (Carbonneau et al., arXiv:2012.09276)."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from ...common.checking.values import Interval
from ..declaration import Metric, Score
from ..groups.grouped_votes import Rows, voted_scores
from ..groups.labelled import repeated_values, take_groups
from ..inputs import as_points
from ..random_streams import RandomSeed, as_random_state
from ..result import MetricResult


@Metric(
    "z_min_variance", paper="Kim and Mnih 2018; Carbonneau et al. 2022", needs="points",
    citations=("kim2018disentangling", "carbonneau2022measuring"),
    scores=(Score("z_min_variance", "Z-min variance", "as FactorVAE, on given points, chance 0", (float("-inf"), 1),
                  "small", "groups repeat points"),),
    other_keys={"z_min_variance_train": "high"})
def z_min_variance(codes: Any, factors: Any, *, random_state: RandomSeed,
                   batch_size: Annotated[int, Interval(2)] = 200, num_train: int = 800, num_eval: int = 800,
                   num_variance_estimate: int = 10_000, threshold: float = 0.02) -> MetricResult:
    """Computes how well the code that varies least names the factor whose value a group of given points shares.

    Args:
        codes: (n, num_codes) numbers.
        factors: (n, num_factors) discrete values.
        random_state: stream or seed that decides which points form a group.
        batch_size: number of points in a group; points are repeated if need be.
        num_train, num_eval: numbers of groups.
        num_variance_estimate: number of points that the variances are estimated from.
        threshold: codes with a smaller standard deviation are not active.

    Returns:
        `z_min_variance`, at most 1, 0 for guessing, higher is better, and `z_min_variance_train` of the training votes
        (Kim and Mnih, arXiv:1802.05983).  NaN without an active code or a second factor.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), axis=1)
    >>> z_min_variance(factors * 1.0, factors, random_state=0, batch_size=20)["z_min_variance"]
    1.0
    """
    codes, factors = as_points(codes, factors)
    return MetricResult(voted_scores("z_min_variance", codes, factors, groups_with_a_value, np.argmin, batch_size,
                                     num_train, num_eval, num_variance_estimate, threshold,
                                     as_random_state(random_state)))


def groups_with_a_value(factors: np.ndarray, factor: int, num_train: int, num_eval: int, batch_size: int,
                        random_state: np.random.RandomState) -> Rows | None:
    """Rows of groups that share a value of one factor; None where no value occurs twice."""
    values = repeated_values(factors[:, factor])
    if not len(values):
        return None
    chosen = random_state.choice(len(values), size=num_train + num_eval)
    members = [np.flatnonzero(factors[:, factor] == value) for value in values]
    return take_groups(members, chosen[:num_train], chosen[num_train:], np.unique(chosen).tolist(), batch_size,
                       random_state)
