"""Images of the data set, as the model sees them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .kinds import kind
from .model import Model
from .shared.drawing import Drawing
from .shared.images import chosen_images
from .shared.mosaic import Mosaic, mosaic_figure
from .shared.options import Options


@kind("data-samples")
def draw_data_samples(model: Model, options: Options) -> Iterator[Drawing]:
    """A grid of images drawn from the data set."""
    rows, columns = options.grid
    images = chosen_images(model.data, options, rows * columns)
    columns = min(columns, len(images))
    cells = np.full((-(-len(images) // columns) * columns, *images.shape[1:]), np.nan, dtype=np.float32)
    cells[: len(images)] = images
    where = f"seed {options.seed}" if options.image_indices is None else "those asked for"
    yield Drawing("data_samples", "images of the data set", mosaic_figure(Mosaic(
        cells.reshape(-1, columns, *images.shape[1:]), f"Images of {model.data_set_name}, {where}")))
