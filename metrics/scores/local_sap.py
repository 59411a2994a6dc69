"""Local SAP: separated attribute predictability near random centres, over the factors that vary there."""

from __future__ import annotations

from collections.abc import Iterable

from ..declaration import Metric, Score
from ..groups.clusters import TrainAndTest, over_clusters
from ..random_streams import RandomSeed, as_random_state
from ..result import MetricResult
from .sap_score import sap_score


@Metric(
    "local_sap", paper="-", needs="neighbourhoods",
    citations=("kumar2018variational", "rhodes2021local"),
    scores=(Score("SAP_score", "Local SAP", "SAP near centres, varying factors only", (0, 1), "medium",
                  "sizes are ours"),),
    other_keys={"local_SAP_score_samples": None})
def local_sap(clusters: Iterable[TrainAndTest], *, random_state: RandomSeed, continuous_factors: bool = False,
              n_jobs: int | None = None) -> MetricResult:
    """Computes the mean over clusters of SAP.

    Args:
        clusters: train and test points near each centre: codes (n, num_codes) and factors (n, num_factors).
        random_state: stream or seed that the support vector machines draw on.
        continuous_factors: whether to take squared correlations instead of accuracies.
        n_jobs: number of parallel jobs, None for the number of cores.

    Returns:
        `SAP_score` in [0, 1], higher is better, and `local_SAP_score_samples`, one per cluster.  NaN where no factor
        varies.

    Raises:
        UserError: for arrays of other shapes, and without a cluster.

    >>> factors = np.stack(np.unravel_index(np.arange(40) % 4, (2, 2)), axis=1)
    >>> local_sap([((factors, factors), (factors, factors))], random_state=0)["SAP_score"]
    0.5
    """
    stream = as_random_state(random_state)
    return MetricResult(over_clusters(
        lambda train, test: dict(sap_score(train, test, random_state=stream, continuous_factors=continuous_factors,
                                           n_jobs=n_jobs)), clusters, ("SAP_score",)))
