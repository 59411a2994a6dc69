"""InfoM, InfoE, InfoC (Hsu et al., Disentanglement via Latent Quantization, NeurIPS 2023, arXiv:2305.18378, sec. 5)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..declaration import Matrix, Metric, Score
from ..estimators.classification import constant_factors
from ..estimators.jobs import run_processes
from ..information.discretization import entropies, mutual_information_matrix
from ..inputs import as_points
from ..random_streams import RandomSeed, as_random_state
from ..result import MetricResult
from ..undefined import one_value, undefined


@Metric(
    "infomec", paper="Hsu et al. 2023", needs="points",
    citations=("hsu2023disentanglement",),
    matrices=(Matrix("normalised_information", "Normalised mutual information", "share",
                     "Of a factor's entropy, what a code knows."),),
    aliases=("infomec_continuous",),
    scores=(Score("infom", "InfoM", "modular codes: each knows one factor", (0, 1), "medium",
                  "neighbours underestimate strong dependence (Gao et al. 2015); pruning decides"),
            Score("infoe", "InfoE", "linearly readable factors", (float("-inf"), 1), "medium",
                  "on its own training points"),
            Score("infoc", "InfoC", "compact codes: one code knows a factor", (0, 1), "medium", "as InfoM")),
    other_keys={"num_active_latents": None})
def infomec(codes: Any, factors: Any, *, random_state: RandomSeed = None, discrete_latents: bool = False,
            n_neighbors: int = 10, prune_fraction: float = 0.05, n_jobs: int | None = None) -> MetricResult:
    """Computes InfoM, InfoE and InfoC of given points.

    Args:
        codes: (n, num_codes) numbers.
        factors: (n, num_factors) discrete values.
        random_state: stream or seed of the noise that separates equal codes; discrete codes draw nothing.
        discrete_latents: whether codes are labels, as from a quantised latent space; then all that vary are active.
        n_neighbors: number of neighbours in the estimate of mutual information of continuous codes.
        prune_fraction: codes with less than this share of the largest range are not active.
        n_jobs: number of parallel jobs, None for the number of cores.

    Returns:
        `infom`, `infoc` in [0, 1] and `infoe` at most 1, higher is better, and `num_active_latents`.  With
        N = I(z; v) / H(v), over active codes only: InfoM is the mean over codes of max N / sum N over factors, InfoC
        the mean over factors of max N / sum N over codes, both scaled so that even shares score 0; InfoE is the share
        of the factors' entropy that a linear model predicts from all codes.  NaN with a factor of one value.
        Matrix `normalised_information`.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> infomec(factors, factors, discrete_latents=True)["infom"]
    1.0
    """
    codes, factors = as_points(codes, factors)
    information = (mutual_information_matrix(codes, factors) if discrete_latents
                   else neighbour_information(codes, factors, n_neighbors, as_random_state(random_state)))
    active = active_codes_by_range(codes, 0.0 if discrete_latents else prune_fraction)
    with np.errstate(invalid="ignore", divide="ignore"):
        normalised = information / entropies(factors)
    matrices, num_active = {"normalised_information": normalised}, int(active.sum())
    if constant := constant_factors(factors):
        score = undefined(f"{one_value(constant)} in the sample, of which nothing can be known.")
        return MetricResult({"infom": score, "infoe": score, "infoc": score, "num_active_latents": num_active},
                            matrices)
    tasks = [(_inputs(codes, discrete_latents), labels) for labels in factors.T]
    return MetricResult({"infom": ratio_above_chance(normalised[active], axis=1),
                         "infoe": float(np.mean(run_processes(predictive_information, tasks, n_jobs))),
                         "infoc": ratio_above_chance(normalised[active], axis=0), "num_active_latents": num_active},
                        matrices)


def ratio_above_chance(information: np.ndarray, axis: int) -> float:
    """Mean of max / sum along an axis, scaled so that even shares score 0: in [0, 1], higher is better.

    information: not negative, two-dimensional.  Lines without information are left out; NaN when nothing is left, and
    with a single entry per line, whose ratio is always 1."""
    totals, chance = information.sum(axis=axis), 1 / max(information.shape[axis], 1)
    if information.shape[axis] < 2 or not (totals > 0).any():
        return undefined(f"Shares among {information.shape[axis]} with information in {int((totals > 0).sum())} of "
                         f"{len(totals)} lines cannot be compared.")
    ratios = information.max(axis=axis)[totals > 0] / totals[totals > 0]
    return float((np.mean(ratios) - chance) / (1 - chance))


def active_codes_by_range(codes: np.ndarray, prune_fraction: float) -> np.ndarray:
    """Mask (num_codes,) of codes (n, num_codes) whose range exceeds this fraction of the largest range."""
    ranges = codes.max(axis=0) - codes.min(axis=0)
    return np.asarray(ranges > ranges.max() * prune_fraction)


def neighbour_information(codes: np.ndarray, factors: np.ndarray, n_neighbors: int,
                          stream: np.random.RandomState) -> np.ndarray:
    """(num_codes, num_factors) nats between standardised continuous codes and discrete factors (Ross 2014).

    reference: one normal per point on the stream for each pair, factors outside, codes inside."""
    from sklearn.feature_selection import mutual_info_classif

    scaled = _inputs(codes, discrete_latents=False)
    return np.array([[mutual_info_classif(code[:, np.newaxis], labels, discrete_features=False, random_state=stream,
                                          n_neighbors=n_neighbors)[0] for code in scaled.T] for labels in factors.T]).T


def predictive_information(codes: Any, labels: np.ndarray) -> float:
    """Share of the balanced log loss that a logistic regression takes away: 1 - loss / log(number of values).

    codes: (n, num_codes), dense or sparse.  At most 1; below 0 is possible for values that are not equally frequent.
    reference: a regression without penalty, on its own training points."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    model = LogisticRegression(C=np.inf, class_weight="balanced").fit(codes, labels)
    return float(1 - log_loss(labels, model.predict_proba(codes)) / np.log(len(model.classes_)))


def _inputs(codes: np.ndarray, discrete_latents: bool) -> Any:
    """What the regression sees: one column for each value of a discrete code, or standardised continuous codes."""
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    return (OneHotEncoder() if discrete_latents else StandardScaler()).fit_transform(codes)
