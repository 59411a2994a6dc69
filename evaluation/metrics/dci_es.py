"""DCI-ES: explicitness and size (Eastwood et al., ICLR 2023, arXiv:2210.00364, sec. 4): is the code easy to use?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import hand_out, undefined
from ...metrics.estimators.jobs import run_processes
from ..protocol.matrices import save_matrix
from ..sampling.points import RepresentationFunction, sample_codes
from .dci import completeness, disentanglement


def explicitness_of_curve(capacities: np.ndarray, losses: np.ndarray, baseline_loss: float) -> float:
    """1 - twice the area between a loss-capacity curve and its lowest loss, as a share of a rectangle.

    capacities: (n,) ascending; losses: (n,) of probes of these capacities, of which the best so far counts.
    The rectangle is as wide as the capacities and as high as `baseline_loss`, the loss of guessing (the paper's lowest
    loss is taken to be 0).  1 when the smallest probe is as good as any; about 0 when the loss falls in a line."""
    best = np.minimum.accumulate(losses)
    heights = (best[:-1] + best[1:]) / 2 - best[-1]
    return float(1 - 2 * np.sum(heights * np.diff(capacities)) / ((capacities[-1] - capacities[0]) * baseline_loss))


@gin.configurable("dci_es", denylist=RUNTIME_ARGUMENTS)
def compute_dci_es(ground_truth_data: Any, representation_function: RepresentationFunction,
                   random_state: np.random.RandomState, artifact_dir: str | None = None,
                   num_train: int = gin.REQUIRED, num_test: int = gin.REQUIRED,
                   max_depths: Sequence[int] = gin.REQUIRED, num_trees: int = gin.REQUIRED,
                   continuous_factors: Sequence[int] = (), batch_size: int = 16) -> dict[str, float]:
    """`explicitness` at most 1 and `size`, higher is better, and DCI's three scores of the most accurate probe.

    Probes are random forests of growing depth; their loss is 1 - accuracy on test points, 1 - R^2 for
    `continuous_factors`, and the baseline 1 - 1 / (number of values), or 1.  size: factors / codes, in number."""
    train = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    test = sample_codes(ground_truth_data, representation_function, num_test, random_state, batch_size)
    num_codes, num_factors = train[0].shape[1], train[1].shape[1]
    size = num_factors / num_codes
    constant = np.flatnonzero((train[1] == train[1][0]).all(axis=0))
    if len(constant) or len(max_depths) < 2:
        return {**dict.fromkeys(("explicitness", "disentanglement", "completeness", "informativeness"), undefined(
            f"DCI-ES needs factors that vary and two probes; factors {constant.tolist()} take one value, and there are "
            f"{len(max_depths)} depths.")), "size": size}
    depths = sorted(max_depths)
    scores, importances = probe_scores(train, test, depths, num_trees, continuous_factors)
    best = int(np.argmax(scores.mean(axis=1)))
    save_matrix(artifact_dir, "importances", importances[best], ground_truth_data)
    baselines = [1.0 if factor in continuous_factors else 1 - 1 / values
                 for factor, values in enumerate(ground_truth_data.factors_num_values)]
    curves = [explicitness_of_curve(np.array(depths), 1 - of_factor, baseline)
              for of_factor, baseline in zip(scores.T, baselines, strict=True)]
    return {"explicitness": float(np.mean(curves)), "size": size,
            "disentanglement": disentanglement(importances[best]), "completeness": completeness(importances[best]),
            "informativeness": float(scores[best].mean())}


def probe_scores(train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray], depths: Sequence[int],
                 num_trees: int, continuous_factors: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Test scores (num_depths, num_factors) and importances (num_depths, num_codes, num_factors) of all probes."""
    tasks = [(_forest(depth, num_trees, factor in continuous_factors), train[0], train[1][:, factor], test[0],
              test[1][:, factor]) for depth in depths for factor in range(train[1].shape[1])]
    scores, importances = zip(*run_processes(_scored, tasks), strict=True)
    shape = (len(depths), train[1].shape[1])
    return np.array(scores).reshape(shape), np.array(importances).reshape(*shape, -1).swapaxes(1, 2)


def _forest(depth: int, num_trees: int, is_continuous: bool) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    kind = RandomForestRegressor if is_continuous else RandomForestClassifier
    return kind(n_estimators=num_trees, max_depth=depth, random_state=hand_out(num_trees))


def _scored(forest: Any, codes: np.ndarray, labels: np.ndarray, test_codes: np.ndarray,
            test_labels: np.ndarray) -> tuple[float, np.ndarray]:
    forest.fit(codes, labels)
    return float(forest.score(test_codes, test_labels)), forest.feature_importances_
