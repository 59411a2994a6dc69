"""One symmetry of CFASL applied again and again: does it walk through all values of a factor?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...ground_truth.bases.custom_data_sets import CustomTable
from ...ground_truth.bases.image_only import ImageOnlyData
from .shared.drawing import Drawing
from .shared.mosaic import Mosaic, blank, mosaic_figure
from .shared.options import Options

LONGEST_CHAIN = 16  # values of a factor that are shown


def chain(codes: np.ndarray, generator: np.ndarray, num_steps: int) -> np.ndarray:
    """Returns codes (num_steps + 1, D): `codes` (D,) and what they become under expm(generator), step by step."""
    from scipy.linalg import expm

    step, moved = expm(generator.astype(np.float64)), [np.asarray(codes, dtype=np.float64)]
    for _ in range(num_steps):
        moved.append(moved[-1] @ step)
    return np.stack(moved).astype(np.float32)


def draw_factor_chains(model: Any, options: Options, generator_of: Callable[[np.ndarray, np.ndarray], np.ndarray]
                       ) -> Iterator[Drawing]:
    """For each factor: its images in order, and below them the chain of the symmetry from the first to the second.

    generator_of: from two images (1, H, W, C) to the generator (D, D) that the model selects for the pair."""
    data = model.data
    if isinstance(data, (ImageOnlyData, CustomTable)):
        return  # the other values of a factor cannot be chosen
    start, rows, names = data.sample_factors(1, options.random_state())[0], [], []
    width = min(max(data.factors_num_values), LONGEST_CHAIN)
    for index, size in enumerate(data.factors_num_values):
        if size < 2:
            continue
        factors = np.tile(start, (min(size, width), 1))
        factors[:, index] = np.arange(len(factors))
        images = np.asarray(data.sample_observations_from_factors(factors, options.random_state()), dtype=np.float32)
        codes = chain(model.encode(images[:1])[0], generator_of(images[:1], images[1:2]), len(images) - 1)
        rows += [_padded(images, width), _padded(model.decode(codes), width)]
        names += [str(data.factor_names[index]), "chain"]
    title = "Values of each factor; below, the symmetry from the first value to the second, applied again and again"
    yield Drawing("symmetries_chains", "one symmetry applied again and again, beside the values of each factor",
                  mosaic_figure(Mosaic(np.stack(rows), title, names, [str(value) for value in range(width)])))


def _padded(images: np.ndarray, width: int) -> np.ndarray:
    """(width, H, W, C): blank cells after the images."""
    missing = np.repeat(images[:1], width - len(images), axis=0)
    return np.concatenate([images, blank(missing)])
