"""Downstream classification under interventions, with disentanglement_lib's protocol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import gin
import numpy as np

from ...ground_truth.ground_truth_data import GroundTruthData
from ...metrics.inputs import Arrays
from ...metrics.result import MetricResult
from ...metrics.scores.strong_downstream_task import Intervention, strong_downstream_task
from ...metrics.undefined import factor_labels, undefined
from ..sampling.points import RepresentationFunction, encode_batches
from ..settings.adapters import adapter
from ..settings.choices import predictor
from ..settings.context import model_stream, num_jobs


@adapter(strong_downstream_task)
def compute_strong_downstream_task(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
                                   random_state: np.random.RandomState, artifact_dir: str | None = None,
                                   num_train: Sequence[int] = gin.REQUIRED, num_test: int = gin.REQUIRED,
                                   n_experiment: int = gin.REQUIRED,
                                   intervention_seed: int | None = None) -> MetricResult:
    """Scores each training size of `num_train` with `n_experiment` interventions for each factor.

    See `unbraid.metrics.strong_downstream_task`.
    reference: interventions are drawn on the models' stream; with `intervention_seed` they have their own."""
    data, scores = ground_truth_data, dict[str, float]()
    chooser = model_stream() if intervention_seed is None else np.random.RandomState(intervention_seed)

    def encoded(factors: Sequence[np.ndarray]) -> list[Arrays]:
        return _encoded(data, representation_function, factors, random_state)

    def interventions(factors: Sequence[np.ndarray]) -> Iterator[Intervention]:
        for target in np.repeat(range(data.num_factors), n_experiment).tolist():
            changed = intervene(factors[0], factors[1], target, data.factors_num_values, chooser)
            train, test = encoded(changed)
            yield target, train, test

    for size in num_train:
        factors = [data.sample_factors(number, random_state) for number in (size, num_test)]
        train, test = encoded(factors)
        scores |= strong_downstream_task(train, test, interventions(factors), random_state=model_stream(),
                                         predictor=predictor(), n_jobs=num_jobs())
    return MetricResult(scores)


def intervene(train: np.ndarray, test: np.ndarray, target: int, sizes: Sequence[int],
              chooser: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Copies of factors in which a factor other than `target` has one value in training and only others in the test."""
    factor = chooser.choice([other for other in range(len(sizes)) if other != target])
    values = list(range(sizes[factor]))
    fixed = chooser.choice(values)
    values.remove(fixed)
    train, test = train.copy(), test.copy()
    train[:, factor] = fixed
    if not values:
        undefined(f"{factor_labels([factor])} has one value, so none is left for the test; its test points "
                  "stay as they are.")
        return train, test
    test[:, factor] = chooser.choice(values, size=len(test))
    return train, test


def _encoded(ground_truth_data: GroundTruthData, representation_function: RepresentationFunction,
             factors: Sequence[np.ndarray], random_state: np.random.RandomState) -> list[Arrays]:
    """Codes and factors of each sample, observed in order and encoded in one go."""
    observed = [(of_sample, ground_truth_data.sample_observations_from_factors(of_sample, random_state))
                for of_sample in factors]
    codes, _ = encode_batches(representation_function, observed)
    return list(zip(np.split(codes, np.cumsum([len(of_sample) for of_sample in factors])[:-1]), factors, strict=True))
