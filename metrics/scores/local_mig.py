"""Local MIG: the Mutual Information Gap near random centres (JL1-VAE, arXiv:2106.02923)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..declaration import Matrix, Metric, Score
from ..groups.clusters import Cluster, as_cluster, check_clusters
from ..information.discretization import (
    Discretizer,
    discretize,
    entropies,
    histogram_discretize,
    mutual_information_matrix,
)
from ..result import MetricResult
from .mig import mean_of_varying, mutual_information_gaps


@Metric(
    "local_mig", paper="Rhodes and Lee 2021", needs="neighbourhoods", report_config="local_mig_0_1",
    citations=("rhodes2021local",),
    matrices=(Matrix("local_mutual_information", "Local mutual information", "nats",
                     "Mean over centres of what a code knows nearby."),),
    scores=(Score("discrete_mig", "Local MIG", "MIG near 20 random centres", (0, 1), "small",
                  "few values near a factor's ends"),),
    other_keys={"local_discrete_migs_samples": None})
def local_mig(clusters: Iterable[Cluster], *, num_bins: int = 5, discretizer: Discretizer = histogram_discretize
              ) -> MetricResult:
    """Computes the mean over clusters of the Mutual Information Gap of the factors that vary there.

    Args:
        clusters: codes (n, num_codes) and factors (n, num_factors) of points near each centre.
        num_bins: number of bins for each code.
        discretizer: function of codes (num_codes, n) and `num_bins` to bin numbers of that shape.

    Returns:
        `discrete_mig` in [0, 1], higher is better, and `local_discrete_migs_samples`, one per cluster.  NaN where no
        factor varies.  Matrix `local_mutual_information`, nats, the mean over clusters.

    Raises:
        UserError: for arrays of other shapes, and without a cluster.

    >>> factors = np.stack(np.unravel_index(np.arange(9), (3, 3)), axis=1)
    >>> round(local_mig([(factors, factors)])["discrete_mig"], 6)
    1.0
    """
    scores, informations = [], []
    for codes, factors in map(as_cluster, clusters):
        informations.append(mutual_information_matrix(discretize(codes, num_bins, discretizer), factors))
        scores.append(mean_of_varying(mutual_information_gaps(informations[-1], entropies(factors))))
    check_clusters(scores)
    return MetricResult({"discrete_mig": float(np.mean(scores)), "local_discrete_migs_samples": scores},
                        {"local_mutual_information": np.mean(informations, axis=0)})
