"""Local modularity: modularity near random centres (JL1-VAE, arXiv:2106.02923)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..declaration import Metric, Score
from ..groups.clusters import Cluster, as_cluster, check_clusters, varying
from ..information.discretization import Discretizer, discretize, histogram_discretize, mutual_information_matrix
from ..result import MetricResult
from .modularity_explicitness import modularity


@Metric(
    "local_modularity", paper="Rhodes and Lee 2021", needs="neighbourhoods",
    citations=("rhodes2021local",),
    scores=(Score("modularity_score", "Local modularity", "modularity near 20 random centres", (0, 1), "small",
                  "fixed factors count and inflate it"),),
    other_keys={"local_modularity_scores_samples": None, "modularity_score_varying_factors": "high"})
def local_modularity(clusters: Iterable[Cluster], *, num_bins: int = 5,
                     discretizer: Discretizer = histogram_discretize) -> MetricResult:
    """Computes the mean over clusters of modularity.

    Args:
        clusters: codes (n, num_codes) and factors (n, num_factors) of points near each centre.
        num_bins: number of bins for each code.
        discretizer: function of codes (num_codes, n) and `num_bins` to bin numbers of that shape.

    Returns:
        `modularity_score` in [0, 1], higher is better, and `local_modularity_scores_samples`, one per cluster.
        Factors that are fixed in a cluster count in the divisor, as in the reference, which inflates the score;
        `modularity_score_varying_factors` leaves them out, and is NaN where fewer than two vary.

    Raises:
        UserError: for arrays of other shapes, and without a cluster.

    >>> factors = np.stack(np.unravel_index(np.arange(9), (3, 3)), axis=1)
    >>> round(local_modularity([(factors, factors)])["modularity_score"], 6)
    1.0
    """
    scores, of_varying = [], []
    for codes, factors in map(as_cluster, clusters):
        information, vary = mutual_information_matrix(discretize(codes, num_bins, discretizer), factors), varying(
            factors)
        scores.append(modularity(information))
        of_varying.append(modularity(information[:, vary]) if vary.sum() > 1 else float("nan"))
    check_clusters(scores)
    return MetricResult({"modularity_score": float(np.mean(scores)), "local_modularity_scores_samples": scores,
                         "modularity_score_varying_factors": float(np.mean(of_varying))})
