"""Images, reconstructions and traversals in one picture, codes sorted by KL divergence (as in disentangling-vae)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .kinds import kind
from .model import Model
from .reconstructions import reconstruct, squared_errors
from .shared.drawing import Drawing
from .shared.images import chosen_images
from .shared.kl import by_falling_kl
from .shared.mosaic import Mosaic, mosaic_figure
from .shared.options import Options
from .traversals import traversal_values, traverse


@kind("reconstruct-traverse")
def draw_reconstruct_traverse(model: Model, options: Options) -> Iterator[Drawing]:
    """Images, reconstructions with their errors, then a row for each code, starting from the first image's codes."""
    codes = by_falling_kl(model.kl, options.chosen_codes(model.num_latents))
    images = chosen_images(model.data, options, options.steps)[: options.steps]
    start = model.encode(images[:1])[0] if options.traverse != "prior" else np.zeros(model.num_latents)
    values = traversal_values(model, options, codes, images[0] if options.traverse != "prior" else None)
    pictures = traverse(model.decode, start, codes, values)
    yield Drawing("reconstruct_traverse", "reconstructions, and traversals sorted by KL divergence", mosaic_figure(
        _mosaic(model, images, pictures, values, codes, "prior" if options.traverse == "prior" else "posterior")))


def _mosaic(model: Model, images: np.ndarray, pictures: np.ndarray, values: np.ndarray, codes: np.ndarray,
            start: str) -> Mosaic:
    steps = pictures.shape[1]
    reconstructions = reconstruct(model.encode, model.decode, images)
    errors = squared_errors(images, reconstructions)
    head = np.full((2, steps, *images.shape[1:]), np.nan, dtype=np.float32)
    head[0, : len(images)], head[1, : len(images)] = images, reconstructions
    captions = [[""] * steps, [f"{error:.2g}" for error in errors] + [""] * (steps - len(errors))]
    written = [[f"{value:+.2f}" for value in row] for row in values]
    same = np.allclose(values, values[:1])  # then the last row says it for all
    captions += [[""] * steps if same and row < len(codes) - 1 else written[row] for row in range(len(codes))]
    names = ["image", "reconstruction", *(f"z{code}  KL {model.kl[code]:.3f}" for code in codes)]
    title = (f"Reconstructions with mean squared error per pixel; traversals from the {start} with values of the code\n"
             f"KL divergence from N(0, 1) in nats, sum over all codes {model.kl.sum():.2f}")
    return Mosaic(np.concatenate([head, pictures]), title, names, captions=captions)
