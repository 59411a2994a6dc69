"""Z-max variance: the code that moves names the factor that moves (Kim et al., Relevance Factor VAE, 1902.01568)."""

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
    "z_max_variance", paper="Kim et al. 2019", needs="points",
    citations=("kim2019relevance",),
    scores=(Score("z_max_variance", "Z-max variance", "the code that moves names the factor that moves",
                  (float("-inf"), 1), "small", "NaN unless points differ in one factor only"),),
    other_keys={"z_max_variance_train": "high"})
def z_max_variance(codes: Any, factors: Any, *, random_state: RandomSeed,
                   batch_size: Annotated[int, Interval(2)] = 200, num_train: int = 800, num_eval: int = 800,
                   num_variance_estimate: int = 10_000, threshold: float = 0.02) -> MetricResult:
    """Computes how well the code that varies most names the only factor in which a group of given points differs.

    Args:
        codes: (n, num_codes) numbers.
        factors: (n, num_factors) discrete values.
        random_state: stream or seed that decides which points form a group.
        batch_size: number of points in a group; points are repeated if need be.
        num_train, num_eval: numbers of groups.
        num_variance_estimate: number of points that the variances are estimated from.
        threshold: codes with a smaller standard deviation are not active.

    Returns:
        `z_max_variance`, at most 1, 0 for guessing, higher is better, and `z_max_variance_train` of the training votes
        (arXiv:1902.01568).  NaN where the sample holds no two points that differ in one factor: draw more points.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), axis=1)
    >>> z_max_variance(factors * 1.0, factors, random_state=0, batch_size=20)["z_max_variance"]
    1.0
    """
    codes, factors = as_points(codes, factors)
    return MetricResult(voted_scores("z_max_variance", codes, factors, groups_with_other_values, np.argmax, batch_size,
                                     num_train, num_eval, num_variance_estimate, threshold,
                                     as_random_state(random_state)))


def groups_with_other_values(factors: np.ndarray, factor: int, num_train: int, num_eval: int, batch_size: int,
                             random_state: np.random.RandomState) -> Rows | None:
    """Rows of groups that share the values of all factors but one; None where no combination occurs twice."""
    _, first, labels = np.unique(np.delete(factors, factor, axis=1), axis=0, return_index=True, return_inverse=True)
    combinations = repeated_values(labels)
    combinations = combinations[np.argsort(first[combinations])]  # as they occur among the points
    if not len(combinations):
        return None
    chosen = random_state.randint(len(combinations), size=num_train + num_eval)
    members = [np.flatnonzero(labels == combination) for combination in combinations]
    return take_groups(members, chosen[:num_train], chosen[num_train:], dict.fromkeys(chosen.tolist()), batch_size,
                       random_state)
