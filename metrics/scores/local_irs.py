"""Local IRS: interventional robustness near random centres, over the factors that vary there."""

from __future__ import annotations

from collections.abc import Iterable

from ..declaration import Metric, Score
from ..groups.clusters import Cluster, over_clusters
from ..information.discretization import Discretizer, histogram_discretize
from ..result import MetricResult
from .irs import irs


@Metric(
    "local_irs", paper="-", needs="neighbourhoods",
    citations=("suter2019robustly", "rhodes2021local"),
    scores=(Score("IRS", "Local IRS", "IRS near centres, varying factors only", (float("-inf"), 1), "small",
                  "sizes are ours"),),
    other_keys={"local_IRS_samples": None})
def local_irs(clusters: Iterable[Cluster], *, num_bins: int = 20, discretizer: Discretizer = histogram_discretize,
              diff_quantile: float = 0.99, discretize_factors: bool = True) -> MetricResult:
    """Computes the mean over clusters of IRS.

    Args:
        clusters: codes (n, num_codes) and factors (n, num_factors) of points near each centre.
        num_bins: number of bins for each factor.
        discretizer: function of factors (num_factors, n) and `num_bins` to bin numbers of that shape.
        diff_quantile: which quantile of the deviations counts, in [0, 1].
        discretize_factors: whether factors are binned as in the reference.

    Returns:
        `IRS`, at most 1, higher is better, and `local_IRS_samples`, one per cluster.  NaN where no factor varies.

    Raises:
        UserError: for arrays of other shapes, and without a cluster.

    >>> factors = np.stack(np.unravel_index(np.arange(9), (3, 3)), axis=1)
    >>> local_irs([(factors, factors)])["IRS"]
    1.0
    """
    return MetricResult(over_clusters(
        lambda points: dict(irs(*points, num_bins=num_bins, discretizer=discretizer, diff_quantile=diff_quantile,
                                discretize_factors=discretize_factors)),
        ([cluster] for cluster in clusters), ("IRS",)))
