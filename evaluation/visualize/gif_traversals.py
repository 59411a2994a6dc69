"""Moving traversals: codes down, images across, every code going there and back at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from .kinds import kind
from .model import Model
from .shared.drawing import Drawing
from .shared.images import chosen_images
from .shared.mosaic import Mosaic, mosaic_figure
from .shared.options import Options
from .traversals import code_names, ordered_codes, traversal_values, traverse

NUM_IMAGES = 4
DPI = 100


@kind("gif-traversals")
def draw_gif_traversals(model: Model, options: Options) -> Iterator[Drawing]:
    """One GIF: a column from the prior and one from each image's posterior."""
    codes = ordered_codes(model, options)
    moving = dataclasses.replace(options, steps=options.frames)
    columns, names, values = [], [], []
    for name, start, image in _starts(model, options):
        values.append(traversal_values(model, moving, codes, image))
        columns.append(traverse(model.decode, start, codes, values[-1]))
        names.append(name)
    pictures = np.stack(columns, axis=1)  # (codes, columns, frames, H, W, C)
    order = there_and_back(options.frames)
    labels = _labels(np.stack(values), options.frames)
    frames = [_frame(pictures[:, :, frame], code_names(model, codes), names, labels[frame])
              for frame in model.progress(order, desc="frames", unit="frame")]
    yield Drawing("traversals", "moving traversals", frames=frames, fps=options.fps)


def there_and_back(frames: int) -> list[int]:
    """0, 1, ..., frames - 1, ..., 1: 2 * frames - 2 of them, so that an endless GIF has no jump."""
    return [*range(frames), *range(frames - 2, 0, -1)]


def _starts(model: Model, options: Options) -> Iterator[tuple[str, np.ndarray, np.ndarray | None]]:
    """Columns: what they are called, the codes they start from, and the image these are of."""
    if options.traverse in ("prior", "both"):
        yield "prior", np.zeros(model.num_latents, dtype=np.float32), None
    if options.traverse in ("posterior", "both"):
        images = chosen_images(model.data, options, NUM_IMAGES)
        for number, (image, start) in enumerate(zip(images, model.encode(images), strict=True)):
            yield f"image {number}", start, image


def _labels(values: np.ndarray, frames: int) -> list[str]:
    """What each frame shows: the value where all codes have the same, else how far between their ends."""
    if np.allclose(values, values[:1, :1]):
        return [f"value of the code {value:+.2f}" for value in values[0, 0]]
    return [f"at {100 * frame / max(1, frames - 1):3.0f} % of each code's range" for frame in range(frames)]


def _frame(pictures: np.ndarray, rows: Sequence[str], columns: Sequence[str], label: str) -> np.ndarray:
    """(H, W, 3) uint8 of one moment; pictures: (codes, columns, H, W, C)."""
    figure = mosaic_figure(Mosaic(pictures, f"Traversals, {label}", rows, columns))
    figure.set_dpi(DPI)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()  # type: ignore[attr-defined]
