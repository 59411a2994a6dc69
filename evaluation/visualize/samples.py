"""Images that the decoder makes of codes drawn from the prior."""

from __future__ import annotations

from collections.abc import Iterator

from .kinds import kind
from .model import Model
from .shared.drawing import Drawing
from .shared.mosaic import Mosaic, mosaic_figure
from .shared.options import Options


@kind("samples")
def draw_samples(model: Model, options: Options) -> Iterator[Drawing]:
    """A grid of decoded draws of N(0, I)."""
    rows, columns = options.grid
    codes = options.random_state().normal(size=(rows * columns, model.num_latents))
    images = model.decode(codes)
    yield Drawing("samples", "decoded draws of the prior", mosaic_figure(Mosaic(
        images.reshape(rows, columns, *images.shape[1:]), f"Samples: decoded draws of N(0, I), seed {options.seed}")))
