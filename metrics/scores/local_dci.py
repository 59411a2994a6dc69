"""Local DCI: disentanglement, completeness, informativeness near random centres, over the factors that vary there."""

from __future__ import annotations

from collections.abc import Iterable

from ..declaration import Metric, Score
from ..estimators.predictors import PredictorFactory, gradient_boosting_classifier
from ..groups.clusters import TrainAndTest, over_clusters
from ..random_streams import RandomSeed, as_random_state
from ..result import MetricResult
from .dci import dci

KEYS = ("informativeness_train", "informativeness_test", "disentanglement", "completeness")


@Metric(
    "local_dci", paper="-", needs="neighbourhoods",
    citations=("eastwood2018framework", "rhodes2021local"),
    scores=(Score("disentanglement", "Local DCI", "DCI near centres, varying factors only", (0, 1), "medium",
                  "sizes are ours"),),
    other_keys={**dict.fromkeys(set(KEYS) - {"disentanglement"}, "high"),
                **{f"local_{key}_samples": None for key in KEYS}})
def local_dci(clusters: Iterable[TrainAndTest], *, random_state: RandomSeed,
              predictor: PredictorFactory = gradient_boosting_classifier, n_jobs: int | None = None) -> MetricResult:
    """Computes the mean over clusters of DCI's four scores.

    Args:
        clusters: train and test points near each centre: codes (n, num_codes) and factors (n, num_factors).
        random_state: stream or seed that the trees draw on.
        predictor: makes an unfitted classifier with `feature_importances_`.
        n_jobs: number of parallel jobs, None for the number of cores.

    Returns:
        DCI's scores in [0, 1], higher is better, and `local_KEY_samples` of each, one per cluster.  NaN where no
        factor varies.

    Raises:
        UserError: for arrays of other shapes, and without a cluster.

    >>> factors = np.stack(np.unravel_index(np.arange(36) % 9, (3, 3)), axis=1)
    >>> local_dci([((factors, factors), (factors, factors))], random_state=0)["informativeness_test"]
    1.0
    """
    stream = as_random_state(random_state)
    return MetricResult(over_clusters(
        lambda train, test: dict(dci(train, test, random_state=stream, predictor=predictor, n_jobs=n_jobs)),
        clusters, KEYS))
