"""InfoM, InfoE, InfoC (Hsu et al., Disentanglement via Latent Quantization, NeurIPS 2023, arXiv:2305.18378, sec. 5)."""

from __future__ import annotations

from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ...metrics.context import model_stream, undefined
from ...metrics.estimators.jobs import run_processes
from ...metrics.information.discretization import entropies, mutual_information_matrix
from ..protocol.matrices import save_matrix
from ..sampling.points import RepresentationFunction, sample_codes


def ratio_above_chance(information: np.ndarray, axis: int) -> float:
    """Mean of max / sum along an axis, scaled so that even shares score 0: in [0, 1], higher is better.

    information: not negative, two-dimensional.  Lines without information are left out; NaN when nothing is left, and
    with a single entry a line, whose ratio is always 1."""
    totals, chance = information.sum(axis=axis), 1 / max(information.shape[axis], 1)
    if information.shape[axis] < 2 or not (totals > 0).any():
        return undefined(f"Shares among {information.shape[axis]} with information in {int((totals > 0).sum())} of "
                         f"{len(totals)} lines cannot be compared.")
    ratios = information.max(axis=axis)[totals > 0] / totals[totals > 0]
    return float((np.mean(ratios) - chance) / (1 - chance))


def active_codes_by_range(codes: np.ndarray, prune_fraction: float) -> np.ndarray:
    """Mask (num_codes,) of codes (n, num_codes) whose range exceeds this fraction of the largest range."""
    ranges = codes.max(axis=0) - codes.min(axis=0)
    return ranges > ranges.max() * prune_fraction


def neighbour_information(codes: np.ndarray, factors: np.ndarray, n_neighbors: int) -> np.ndarray:
    """(num_codes, num_factors) nats between standardised continuous codes and discrete factors (Ross 2014).

    reference: one normal per point on the model stream for each pair, factors outside, codes inside."""
    from sklearn.feature_selection import mutual_info_classif

    scaled, stream = _inputs(codes, discrete_latents=False), model_stream()
    return np.array([[mutual_info_classif(code[:, np.newaxis], labels, discrete_features=False, random_state=stream,
                                          n_neighbors=n_neighbors)[0] for code in scaled.T] for labels in factors.T]).T


def predictive_information(codes: Any, labels: np.ndarray) -> float:
    """Share of the balanced log loss that a logistic regression takes away: 1 - loss / log(number of values).

    codes: (n, num_codes), dense or sparse.  At most 1; below 0 is possible for values that are not equally frequent.
    reference: a regression without penalty, on its own training points."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    model = LogisticRegression(C=np.inf, class_weight="balanced").fit(codes, labels)
    return 1 - log_loss(labels, model.predict_proba(codes)) / np.log(len(model.classes_))


@gin.configurable("infomec", denylist=RUNTIME_ARGUMENTS)
def compute_infomec(ground_truth_data: Any, representation_function: RepresentationFunction,
                    random_state: np.random.RandomState, artifact_dir: str | None = None,
                    num_train: int = gin.REQUIRED, batch_size: int = 16, discrete_latents: bool = gin.REQUIRED,
                    n_neighbors: int = 10, prune_fraction: float = 0.05) -> dict[str, float]:
    """`infom`, `infoc` in [0, 1] and `infoe` at most 1, higher is better.

    With N = I(z; v) / H(v), over active codes only: InfoM is the mean over codes of max N / sum N over factors, InfoC
    the mean over factors of max N / sum N over codes, both scaled so that even shares score 0; InfoE is the share
    of the factors' entropy that a linear model predicts from all codes.  Codes with less than `prune_fraction` of the
    largest range are not active.  discrete_latents: codes are labels, as from a quantised latent space; then all
    that vary are active."""
    codes, factors = sample_codes(ground_truth_data, representation_function, num_train, random_state, batch_size)
    information = (mutual_information_matrix(codes, factors) if discrete_latents
                   else neighbour_information(codes, factors, n_neighbors))
    active = active_codes_by_range(codes, 0.0 if discrete_latents else prune_fraction)
    with np.errstate(invalid="ignore", divide="ignore"):
        normalised = information / entropies(factors)
    save_matrix(artifact_dir, "normalised_information", normalised, ground_truth_data)
    constant = np.flatnonzero((factors == factors[0]).all(axis=0))
    if len(constant):
        score = undefined(f"Factors {constant.tolist()} take one value in the sample and hold no information.")
        return {"infom": score, "infoe": score, "infoc": score, "num_active_latents": int(active.sum())}
    tasks = [(_inputs(codes, discrete_latents), labels) for labels in factors.T]
    return {"infom": ratio_above_chance(normalised[active], axis=1),
            "infoe": float(np.mean(run_processes(predictive_information, tasks))),
            "infoc": ratio_above_chance(normalised[active], axis=0), "num_active_latents": int(active.sum())}


def _inputs(codes: np.ndarray, discrete_latents: bool) -> Any:
    """What the regression sees: one column a value of each discrete code, or standardised continuous codes."""
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    return (OneHotEncoder() if discrete_latents else StandardScaler()).fit_transform(codes)
