"""The seeds of a run: one for weights and noise, which also draws those of the training and the evaluation data."""

from __future__ import annotations

import numpy as np

from ...common.errors import ConfigurationError


def draw_seeds(random_seed: int | None, data_seed: int | None = None,
               supervised_data_seed: int | None = None) -> dict[str, int]:
    """The seeds of a run: one generator draws that of the training data, then that of the evaluation data.

    data_seed: takes the place of the first draw.  supervised_data_seed: kept with them where there is one.  Raises
    ConfigurationError without a random_seed."""
    if random_seed is None:
        raise ConfigurationError("model.random_seed is not given; expected a whole number for the seed of weights and "
                                 "noise.")
    random_state = np.random.RandomState(random_seed)
    drawn, evaluation = (int(random_state.randint(2**32)) for _ in range(2))
    seeds = {"random_seed": random_seed, "training_data_seed": drawn if data_seed is None else data_seed,
             "evaluation_data_seed": evaluation}
    return seeds if supervised_data_seed is None else {**seeds, "supervised_data_seed": supervised_data_seed}


def only_one(**seeds: int | None) -> int | None:
    """The one seed that is given, of several names for it.  Raises ConfigurationError for two."""
    given = {f"model.{name}": seed for name, seed in seeds.items() if seed is not None}
    if len(given) > 1:
        raise ConfigurationError(f"{' and '.join(given)} are two names of one seed; give only one.")
    return next(iter(given.values()), None)
