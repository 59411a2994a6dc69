"""`unbraid.score`: codes and factors in, scores out."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...common.errors import UserError, shown
from ...common.numerics.array_likes import column_names
from ...metrics.catalogue import declaration, metric_function
from ...metrics.declaration import FROM_POINTS, Metric
from ...metrics.estimators.jobs import num_jobs
from ...metrics.inputs import Points, as_points, as_train_and_test, split
from ...metrics.random_streams import checked_seed
from ...metrics.result import MetricResult
from ...metrics.undefined import named_factors
from .score_table import ScoreTable

# The metrics of disentanglement_lib's study that need no more than codes and factors.
DEFAULT_METRICS = ("mig", "dci", "sap_score", "modularity_explicitness", "irs", "unsupervised_metrics")
KEYWORD = inspect.Parameter.KEYWORD_ONLY
Chosen = Sequence[str] | Mapping[str, Mapping[str, Any]]


def score(codes: Any, factors: Any, metrics: Chosen | str = DEFAULT_METRICS, seed: int = 0, *,
          test: Points | None = None, test_size: float = 1 / 3, n_jobs: int | None = None) -> ScoreTable:
    """Scores codes with metrics that need no model: arrays in, a table out.

    The numbers are those of `unbraid-evaluate` for the same points and seed: each metric draws on a stream of its own,
    `RandomState(seed)`.

    Args:
        codes: (n, num_codes) numbers: a list, an array, a data frame, or a tensor of torch, JAX or TensorFlow.
        factors: (n, num_factors) values; text and categories count as labels.  Columns of a data frame name the
            factors.
        metrics: names, such as "mig", "dci" or "infomec"; or a mapping of names to arguments, such as
            {"mig": {"num_bins": 10}}.  `unbraid.metrics` lists the names.
        seed: of everything that is random, from 0 to 2**32 - 1.
        test: codes and factors that metrics with a training are tested on.  By default a random share of the points is
            held out for the test; metrics without a training use all points.
        test_size: the share of the points that is held out, in (0, 1).
        n_jobs: number of parallel jobs, None for the number of available cores.

    Returns:
        A `ScoreTable`: prints as a table; `table["mig"]` is a `MetricResult`; `.to_frame()`, `.matrices`, `.plot()`.

    Raises:
        UserError: for unknown metrics, seeds out of range, metrics that need images or interventions, and arrays that
            cannot be used.

    >>> import numpy as np, unbraid
    >>> factors = np.stack(np.unravel_index(np.arange(240) % 60, (3, 4, 5)), axis=1)
    >>> unbraid.score(factors + 0.0, factors, metrics=["mig", "modularity_explicitness"])
    metric                                       key   score  better
    -----------------------  -----------------------  ------  ------
    mig                                 discrete_mig  1.0000    high
    modularity_explicitness         modularity_score  1.0000    high
    modularity_explicitness  explicitness_score_test  1.0000    high
    """
    seed, n_jobs = checked_seed(seed), num_jobs(n_jobs)
    chosen = {name: metrics[name] if isinstance(metrics, Mapping) else {} for name in names_of_metrics(metrics)}
    declared = {name: _scorable(name) for name in chosen}
    pairs = None
    if test is not None:
        pairs = as_train_and_test((codes, factors), test, continuous=True)
    points = pairs[0] if pairs else as_points(codes, factors, continuous=True)
    if pairs is None and any(metric.needs == "train and test points" for metric in declared.values()):
        pairs = split(*points, random_state=seed, test_size=test_size)
    with named_factors(column_names(factors)):
        results = {name: _scored(metric, points if metric.needs == "points" else pairs, seed, n_jobs, chosen[name])
                   for name, metric in declared.items()}
    return ScoreTable(results, declared, column_names(factors), column_names(codes))


def names_of_metrics(metrics: Chosen | str) -> list[str]:
    """Returns the names of the metrics asked for: one, several, or the keys of a mapping to arguments.

    Raises UserError for anything else, and for none."""
    names = [metrics] if isinstance(metrics, str) else list(metrics) if isinstance(metrics, Iterable) else [metrics]
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong or not names:
        given = f"holds {shown(wrong[0], 60)}" if wrong else "is empty"
        raise UserError(f"metrics {given}; expected names, such as ['mig', 'modularity_explicitness'].")
    return names


def _scorable(name: str) -> Metric:
    """The declaration of a metric that codes and factors are enough for.  Raises UserError for another."""
    metric = declaration(name)
    if metric.needs not in FROM_POINTS:
        raise UserError(f"The metric {name!r} needs {metric.needs}, which codes and factors do not give. "
                        f"unbraid.metrics.{metric.name} takes them as arrays; unbraid.evaluate and unbraid-evaluate "
                        "draw them from a model and its data set.")
    return metric


def check_options(metric: Metric, options: Mapping[str, Any]) -> None:
    """Raises UserError for an argument that the metric does not take."""
    if not isinstance(options, Mapping):
        raise UserError(f"metrics has {shown(options, 60)} for {metric.name}; expected its arguments by name, such as "
                        "{'mig': {'num_bins': 10}}.")
    known = inspect.signature(metric_function(metric.name)).parameters
    unknown = [option for option in options if option not in known or known[option].kind is not KEYWORD]
    if unknown:
        raise UserError(f"{metric.name} has no argument {unknown[0]!r}; expected one of "
                        f"{', '.join(name for name in known if known[name].kind is KEYWORD)}.")


def _scored(metric: Metric, arguments: Any, seed: int, n_jobs: int | None,
            options: Mapping[str, Any]) -> MetricResult:
    """The result of one metric.  Raises UserError, which names the metric."""
    function = metric_function(metric.name)
    check_options(metric, options)
    known = inspect.signature(function).parameters
    given = {name: value for name, value in (("random_state", seed), ("n_jobs", n_jobs)) if name in known}
    try:
        result: MetricResult = function(*arguments, **{**given, **options})
    except UserError as error:
        raise UserError(f"{metric.name}: {error}") from error
    return result
