"""FactorVAE score and m-FVM as CFASL's and MIPET's own code computes them: few images, training votes only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import gin
import numpy as np

from ...common.configuration import RUNTIME_ARGUMENTS
from ..sampling.points import RepresentationFunction, encode_factors
from ..sampling.samplers import copied, distinct_images, factors_of_images, images_but_last
from .factor_vae import active_codes, count_votes, vote_accuracies
from .multi_factor_vae import count_tuples, numbers_of_fixed_factors, steadiest_codes, too_few_active, tuple_accuracy


@gin.configurable("cfasl_factor_vae_score", denylist=RUNTIME_ARGUMENTS)
def compute_cfasl_factor_vae(ground_truth_data: Any, representation_function: RepresentationFunction,
                             random_state: np.random.RandomState, artifact_dir: str | None = None,
                             batch_size: int = gin.REQUIRED, num_train: int = gin.REQUIRED,
                             num_variance_estimate: int = gin.REQUIRED,
                             reseeds: bool = gin.REQUIRED) -> dict[str, float]:
    """`train_accuracy` in [0, 1], higher is better: the share of the votes that their own majority explains.

    reference: no vote is held out.  Each group is `batch_size` different images whose chosen factor is then fixed.
    reseeds: the votes start from the seed again, as in CFASL.  MIPET goes on where the variances ended; its code also
    reseeds by the clock in each vote, which is left out: votes of one second are copies of one another."""
    data = ground_truth_data
    variances, active, stream = _active(data, representation_function, num_variance_estimate, random_state, reseeds)
    if not active.any():
        return {"train_accuracy": 0.0, "num_active_dims_true": 0}
    numbers, codes = _groups(data, representation_function, num_train, batch_size, stream,
                             lambda: np.array([stream.randint(data.num_factors)]))
    with np.errstate(invalid="ignore"):
        votes = count_votes(numbers[:, 0], codes, variances, active, data.num_factors)
    return {"train_accuracy": vote_accuracies(votes, votes)[0], "num_active_dims_true": int(active.sum())}


@gin.configurable("cfasl_multi_factor_vae_score", denylist=RUNTIME_ARGUMENTS)
def compute_cfasl_multi_factor_vae(ground_truth_data: Any, representation_function: RepresentationFunction,
                                   random_state: np.random.RandomState, artifact_dir: str | None = None,
                                   batch_size: int = gin.REQUIRED, num_train: int = gin.REQUIRED,
                                   num_variance_estimate: int = gin.REQUIRED,
                                   num_fixed_factors: Sequence[int] | None = None) -> dict[str, float]:
    """`k:train_accuracy` in (0, 1] for k = 2 .. num_factors - 1 fixed factors, higher is better, and their mean.

    reference: no vote is held out, so a set of factors that was seen once scores 1; see `multi_factor_vae_score`."""
    data, scores = ground_truth_data, {}
    for number in numbers_of_fixed_factors(num_fixed_factors, data.num_factors):
        variances, active, stream = _active(data, representation_function, num_variance_estimate, random_state, True)
        chosen, codes = _groups(data, representation_function, num_train, batch_size, stream,
                                _drawing_choices(stream, data.num_factors, number))
        scores[number] = _accuracy_of_votes(chosen, codes, variances, active, data.num_factors)
    mean = float(np.mean(list(scores.values())))
    return {"train_accuracy": mean} | {f"{number}:train_accuracy": score for number, score in scores.items()} | {
        "num_active_dims_true": int(active.sum())}


def _active(data: Any, representation_function: RepresentationFunction, num_images: int,
            random_state: np.random.RandomState, reseeds: bool
            ) -> tuple[np.ndarray, np.ndarray, np.random.RandomState]:
    """Variances and the mask of active codes (num_codes,) each, and the stream that the votes are drawn from."""
    stream = copied(random_state)
    total = int(np.prod(data.factors_num_values))
    if not reseeds:
        images_but_last(total, 0, stream)  # reference: a tenth of the images is drawn and not used
    images = distinct_images(total, num_images, stream)
    codes = encode_factors(representation_function, data, factors_of_images(data.factors_num_values, images), stream)
    variances = np.var(codes, axis=0, ddof=1)
    return variances, active_codes(variances), copied(random_state) if reseeds else stream


def _groups(data: Any, representation_function: RepresentationFunction, num_groups: int, batch_size: int,
            stream: np.random.RandomState, draw_choice: Callable[[], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Fixed factors (num_groups, k) and codes (num_groups, batch_size, num_codes); a group draws its images first."""
    chosen, factors = [], []
    for _ in range(num_groups):
        images = images_but_last(int(np.prod(data.factors_num_values)), batch_size, stream)
        of_group = factors_of_images(data.factors_num_values, images)
        fixed = draw_choice()
        of_group[:, fixed] = of_group[0, fixed]
        chosen.append(fixed)
        factors.append(of_group)
    codes = encode_factors(representation_function, data, np.concatenate(factors), stream)
    return np.stack(chosen), codes.reshape(num_groups, batch_size, -1)


def _drawing_choices(stream: np.random.RandomState, num_factors: int, number: int) -> Callable[[], np.ndarray]:
    return lambda: np.sort(stream.choice(num_factors, number, replace=False))


def _accuracy_of_votes(chosen: np.ndarray, codes: np.ndarray, variances: np.ndarray, active: np.ndarray,
                       num_factors: int) -> float:
    number = chosen.shape[1]
    if too_few_active(active, number):
        return float("nan")
    places = {of_tuple: place for place, of_tuple in enumerate(combinations(range(num_factors), number))}
    tuples = np.array([places[tuple(row)] for row in chosen.tolist()])
    votes = count_tuples([tuples], [steadiest_codes(codes, variances, active, number)], len(places))[0]
    return tuple_accuracy(votes, votes)
