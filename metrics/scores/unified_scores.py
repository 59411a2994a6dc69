"""Unified scores: every aggregation of every matrix of codes and factors (A Sober Look, JMLR 2020)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..declaration import Matrix, Metric, Score
from ..estimators.predictors import PredictorFactory, gradient_boosting_classifier
from ..information.connectivity import merges, precision_curve
from ..information.discretization import (
    Discretizer,
    discretize,
    entropies,
    histogram_discretize,
    mutual_information_matrix,
)
from ..inputs import Points, as_train_and_test
from ..random_streams import RandomSeed, as_random_state
from ..result import MetricResult
from ..undefined import undefined
from .dci import (
    completeness,
    completeness_per_factor,
    disentanglement,
    disentanglement_per_code,
    importances_and_accuracies,
)
from .mig import mutual_information_gaps
from .modularity_explicitness import modularity, modularity_per_code
from .sap_score import gaps, mean_gap, svm_accuracies

PLACES = {"dci_disentanglement": "code", "dci_completeness": "code", "mig": "factor", "sap": "factor",
          "modularity": "code"}  # reference: completeness of factor j is called `dci_completeness.code_j`


@Metric(
    "unified_scores", paper="Locatello et al. 2020", needs="train and test points",
    citations=("locatello2020sober",),
    matrices=(Matrix("importance_gbt_matrix", "DCI importance", "share",
                     "How much a code serves to predict a factor; a factor's sum to 1."),
              Matrix("mutual_information_matrix", "Mutual information", "nats", "How much a code knows of a factor."),
              Matrix("accuracy_svm_matrix", "SAP: one code alone predicts a factor", "accuracy",
                     "The gap between the two best is the score.")),
    scores=(Score("{matrix}.dci", "unified scores", "every aggregation of every matrix", (0, 1), "medium",
                  "completeness of factor j is called `code_j`"),),
    other_keys={"{matrix}.dci_disentanglement": "high", "{matrix}.dci_completeness": "high", "{matrix}.mig": "high",
                "{matrix}.sap": "high", "{matrix}.modularity": "high", "{matrix}.area_precision": "high",
                "{matrix}.max_precision": "high", "{matrix}.merge_{first}_{second}": None,
                **{f"{{matrix}}.{key}.{place}_{{index}}": "high" for key, place in PLACES.items()}})
def unified_scores(train: Points, test: Points, *, random_state: RandomSeed, num_bins: int = 20,
                   discretizer: Discretizer = histogram_discretize,
                   predictor: PredictorFactory = gradient_boosting_classifier,
                   n_jobs: int | None = None) -> MetricResult:
    """Computes all aggregations of DCI's importances, of mutual information and of SAP's accuracies.

    Args:
        train: codes (n, num_codes) and factors (n, num_factors), discrete.
        test: codes and factors; `unbraid.metrics.split` makes both of one sample.
        random_state: stream or seed that trees and support vector machines draw on.
        num_bins: number of bins for each code.
        discretizer: function of codes (num_codes, n) and `num_bins` to bin numbers of that shape.
        predictor: makes an unfitted classifier with `feature_importances_`.
        n_jobs: number of parallel jobs, None for the number of cores.

    Returns:
        For each matrix NAME: `NAME.dci`, `NAME.mig`, `NAME.sap`, `NAME.modularity` and more, higher is better.
        Matrices `importance_gbt_matrix`, `mutual_information_matrix` (nats) and `accuracy_svm_matrix`.

    Raises:
        UserError: for arrays of other shapes.

    >>> factors = np.stack(np.unravel_index(np.arange(36) % 9, (3, 3)), axis=1)
    >>> found = unified_scores((factors, factors), (factors, factors), random_state=0)
    >>> round(found["mutual_information_matrix.mig"], 6)
    1.0
    """
    train, test = as_train_and_test(train, test)
    stream = as_random_state(random_state)
    return aggregate({
        "importance_gbt_matrix": importances_and_accuracies(train, test, stream, predictor, n_jobs)[0],
        "mutual_information_matrix": mutual_information_matrix(discretize(train[0], num_bins, discretizer), train[1]),
        "accuracy_svm_matrix": svm_accuracies(train, test, stream, n_jobs)}, train[1])


def aggregate(matrices: Mapping[str, np.ndarray], factors: np.ndarray) -> MetricResult:
    """All aggregations of matrices (num_codes, num_factors) by name; factors (n, num_factors) normalise MIG."""
    factor_entropies = entropies(factors)
    return MetricResult({f"{name}.{key}": value for name, matrix in matrices.items()
                         for key, value in matrix_scores(matrix, factor_entropies).items()}, matrices)


def matrix_scores(matrix: np.ndarray, factor_entropies: np.ndarray) -> dict[str, float]:
    """All aggregations of matrix (num_codes, num_factors); entropies (num_factors,) in nats normalise MIG."""
    if np.isnan(matrix).any() or len(matrix) < 2:
        undefined("The unified scores need two codes or more and a matrix without NaN.")
    area, largest = precision_curve(matrix)
    migs, saps = mutual_information_gaps(matrix, factor_entropies), gaps(matrix) if len(matrix) > 1 else np.array([])
    scores = {"area_precision": area, "max_precision": largest, "dci_disentanglement": disentanglement(matrix),
              "dci_completeness": completeness(matrix), "dci": disentanglement(matrix), "mig": float(np.mean(migs)),
              "sap": mean_gap(matrix), "modularity": modularity(matrix)}
    scores |= {f"merge_{first}_{second}": rank for (first, second), rank in merges(matrix).items()}
    parts = (disentanglement_per_code(matrix), completeness_per_factor(matrix), migs, saps,
             modularity_per_code(matrix))
    for (key, place), values in zip(PLACES.items(), parts, strict=True):
        scores |= {f"{key}.{place}_{index}": float(value) for index, value in enumerate(values)}
    return scores
