"""Which images of the data set are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....common.checking.values import counted
from ....common.errors import UnknownNameError, UserError
from ....ground_truth.ground_truth_data import DataSet
from .options import Options, refuse_many


def chosen_images(data: DataSet, options: Options, num: int) -> np.ndarray:
    """Returns images (n, H, W, C) float32, n = `options.num_images` or `num`.

    Images at `options.image_indices` come first; without a number of images there are no others.  The rest is drawn by
    the seed, with the factors of `options.factors` at their values."""
    leading = None if options.image_indices is None else images_at(data, options.image_indices)
    wanted = options.num_images or (num if leading is None else len(leading))
    refuse_many(wanted, data.observation_shape)
    missing = wanted - (0 if leading is None else len(leading))
    if leading is not None and missing <= 0:
        return leading
    drawn = np.asarray(_drawn(data, options, missing), dtype=np.float32)
    return drawn if leading is None else np.concatenate([leading, drawn])


def _drawn(data: DataSet, options: Options, num: int) -> Any:
    random_state = options.random_state()
    if options.factors is None:
        return data.sample_observations(num, random_state)
    factors = data.sample_factors(num, random_state)
    for index, value in fixed_factors(data, options.factors).items():
        factors[:, index] = value
    return data.sample_observations_from_factors(factors, random_state)


def fixed_factors(data: DataSet, text: str) -> dict[int, int]:
    """Returns the value of each factor by its place, from text such as "x_0=10,y_0=20".

    Raises UserError for text of another form, and for a factor or value that the data set does not have."""
    names = [str(name) for name in getattr(data, "factor_names", ())]
    found = {}
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or (number := counted(value)) is None:
            raise UserError(f"--factors {text!r} cannot be read at {part.strip()!r}; expected NAME=VALUE, separated by "
                            'commas, such as "x_0=10,y_0=20".')
        if name not in names:
            raise UnknownNameError("factor", name, names)
        size = data.factors_num_values[names.index(name)]
        if number >= size:
            raise UserError(f"--factors: {name} is {value}; expected 0 to {size - 1}.")
        found[names.index(name)] = number
    return found


def images_at(data: DataSet, indices: Any) -> np.ndarray:
    """Returns images (n, H, W, C) float32 by their places in the data set.

    Raises UserError for places that the data set does not have."""
    indices = np.asarray(indices, dtype=np.int64)
    count = getattr(data, "num_images", None)
    if count is None or not hasattr(data, "render"):
        raise UserError(f"--image_indices: the images of {type(data).__name__} are not numbered; let --seed draw them.")
    if wrong := [int(index) for index in indices if not 0 <= index < count]:
        raise UserError(f"--image_indices names {', '.join(map(str, wrong))}, but the data set has the images 0 to "
                        f"{count - 1}.")
    draws = data.draw(len(indices), np.random.RandomState(0)) if hasattr(data, "draw") else None
    return np.asarray(data.render(indices, draws), dtype=np.float32)
