"""What gin chooses for metrics under disentanglement_lib's names: bins, predictors, classifiers, pruning.

The functions themselves know no gin; their wrapped versions here are what configurations refer to.
"""

from __future__ import annotations

from typing import Any

import gin

from ...metrics.estimators import predictors
from ...metrics.estimators.predictors import PredictorFactory
from ...metrics.information import discretization
from ...metrics.information.discretization import Discretizer
from ...metrics.scores import dci_regression

histogram_discretizer = gin.external_configurable(
    discretization.histogram_discretize, "histogram_discretizer", denylist=["target"])
minmax_discretizer = gin.external_configurable(
    discretization.minmax_discretize, "minmax_discretizer", denylist=["target"])
label_discretizer = gin.external_configurable(
    discretization.label_discretize, "label_discretizer", denylist=["target"])
gradient_boosting_classifier = gin.external_configurable(
    predictors.gradient_boosting_classifier, "gradient_boosting_classifier")
logistic_regression_cv = gin.external_configurable(predictors.logistic_regression_cv, "logistic_regression_cv")
logistic_regression = gin.external_configurable(
    predictors.logistic_regression, "logistic_regression", denylist=["random_state"])
lasso_settings = gin.external_configurable(dci_regression.lasso_settings, "lasso")
forest_settings = gin.external_configurable(dci_regression.forest_settings, "random_forest")


@gin.configurable("discretizer")
def bins(num_bins: int = gin.REQUIRED, discretizer_fn: Discretizer = gin.REQUIRED) -> dict[str, Any]:
    """The arguments `num_bins` and `discretizer` of metrics that put codes into bins."""
    return {"num_bins": num_bins, "discretizer": discretizer_fn}


@gin.configurable("predictor")
def predictor(predictor_fn: PredictorFactory = gin.REQUIRED) -> PredictorFactory:
    """The function that makes an unfitted classifier."""
    return predictor_fn


@gin.configurable("prune_dims")
def pruning_threshold(threshold: float = 0.0) -> float:
    """The standard deviation below which a code is not active."""
    return threshold
