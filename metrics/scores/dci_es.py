"""DCI-ES: explicitness and size (Eastwood et al., ICLR 2023, arXiv:2210.00364, sec. 4): is the code easy to use?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..declaration import Metric, Score
from ..estimators.classification import constant_factors
from ..estimators.jobs import run_processes
from ..inputs import Arrays, Points, as_train_and_test
from ..random_streams import RandomSeed, as_random_state, hand_out
from ..result import MetricResult
from ..shared_matrices import IMPORTANCES
from ..undefined import one_value, undefined
from .dci import completeness, disentanglement

MAX_DEPTHS = (1, 2, 3, 4, 8, 10, 12, 14, 16, 18, 20, 32)
SCORES_OF_PROBES = ("explicitness", "disentanglement", "completeness", "informativeness")


@Metric(
    "dci_es", paper="Eastwood et al. 2023", needs="train and test points", matrices=(IMPORTANCES,),
    citations=("eastwood2023dci",),
    scores=(Score("explicitness", "DCI-ES", "a small probe suffices (explicitness); few codes (size)",
                  (float("-inf"), 1), "large", "belongs to its probes; the curve's ends matter"),),
    other_keys={"size": "high", "disentanglement": "high", "completeness": "high", "informativeness": "high"})
def dci_es(train: Points, test: Points, *, random_state: RandomSeed, max_depths: Sequence[int] = MAX_DEPTHS,
           num_trees: int = 100, continuous_factors: Sequence[int] = (), num_values: Sequence[int] | None = None,
           n_jobs: int | None = None) -> MetricResult:
    """Computes explicitness and size, and DCI's three scores of the most accurate probe.

    Probes are random forests of growing depth; their loss is 1 - accuracy on test points, 1 - R^2 for
    `continuous_factors`, and the baseline 1 - 1 / (number of values), or 1.

    Args:
        train: codes (n, num_codes) and factors (n, num_factors) that the forests are fitted to.
        test: codes and factors; `unbraid.metrics.split` makes both of one sample.
        random_state: stream or seed that the forests draw on.
        max_depths: depths of the forests, two or more.
        num_trees: number of trees in a forest.
        continuous_factors: positions of factors that are continuous.
        num_values: number of values of each factor, by default as many as the training points have.
        n_jobs: number of parallel jobs, None for the number of cores.

    Returns:
        `explicitness`, at most 1, `size`, num_factors / num_codes, `disentanglement`, `completeness`,
        `informativeness`; higher is better.  NaN, but for the size, with a factor of one value or a single depth.
        Matrix `importances`.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = np.stack(np.unravel_index(np.arange(36) % 9, (3, 3)), axis=1)
    >>> dci_es((factors, factors), (factors, factors), random_state=0, max_depths=[1, 4], num_trees=5)["size"]
    1.0
    """
    train, test = as_train_and_test(train, test, bool(len(continuous_factors)))
    size, constant = train[1].shape[1] / train[0].shape[1], constant_factors(train[1])
    if constant or len(max_depths) < 2:
        return MetricResult({**dict.fromkeys(SCORES_OF_PROBES, undefined(
            f"DCI-ES needs factors that vary and two probes; {one_value(constant)}, and there "
            f"are {len(max_depths)} depths.")), "size": size})
    depths = sorted(max_depths)
    scores, importances = probe_scores(train, test, depths, num_trees, continuous_factors,
                                       as_random_state(random_state), n_jobs)
    best = int(np.argmax(scores.mean(axis=1)))
    numbers = [len(np.unique(values)) for values in train[1].T] if num_values is None else num_values
    baselines = [1.0 if factor in continuous_factors else 1 - 1 / values for factor, values in enumerate(numbers)]
    curves = [explicitness_of_curve(np.array(depths), 1 - of_factor, baseline)
              for of_factor, baseline in zip(scores.T, baselines, strict=True)]
    return MetricResult(
        {"explicitness": float(np.mean(curves)), "size": size, "disentanglement": disentanglement(importances[best]),
         "completeness": completeness(importances[best]), "informativeness": float(scores[best].mean())},
        {"importances": importances[best]})


def explicitness_of_curve(capacities: np.ndarray, losses: np.ndarray, baseline_loss: float) -> float:
    """1 - twice the area between a loss-capacity curve and its lowest loss, as a share of a rectangle.

    capacities: (n,) ascending; losses: (n,) of probes of these capacities, of which the best so far counts.
    The rectangle is as wide as the capacities and as high as `baseline_loss`, the loss of guessing (the paper's lowest
    loss is taken to be 0).  1 when the smallest probe is as good as any; about 0 when the loss falls in a line."""
    best = np.minimum.accumulate(losses)
    heights = (best[:-1] + best[1:]) / 2 - best[-1]
    return float(1 - 2 * np.sum(heights * np.diff(capacities)) / ((capacities[-1] - capacities[0]) * baseline_loss))


def probe_scores(train: Arrays, test: Arrays, depths: Sequence[int], num_trees: int,
                 continuous_factors: Sequence[int], stream: np.random.RandomState,
                 n_jobs: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Test scores (num_depths, num_factors) and importances (num_depths, num_codes, num_factors) of all probes."""
    tasks = [(_forest(depth, num_trees, factor in continuous_factors, stream), train[0], train[1][:, factor], test[0],
              test[1][:, factor]) for depth in depths for factor in range(train[1].shape[1])]
    scores, importances = zip(*run_processes(_scored, tasks, n_jobs), strict=True)
    shape = (len(depths), train[1].shape[1])
    return np.array(scores).reshape(shape), np.array(importances).reshape(*shape, -1).swapaxes(1, 2)


def _forest(depth: int, num_trees: int, is_continuous: bool, stream: np.random.RandomState) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    kind: Any = RandomForestRegressor if is_continuous else RandomForestClassifier
    return kind(n_estimators=num_trees, max_depth=depth, random_state=hand_out(stream, num_trees))


def _scored(forest: Any, codes: np.ndarray, labels: np.ndarray, test_codes: np.ndarray,
            test_labels: np.ndarray) -> tuple[float, np.ndarray]:
    forest.fit(codes, labels)
    return float(forest.score(test_codes, test_labels)), forest.feature_importances_
