"""From one image to another by the codes that tell them apart most (CFASL's comparison)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...common.errors import UserError
from .kinds import kind
from .model import Model
from .shared.drawing import Drawing
from .shared.images import chosen_images
from .shared.kl import kl_between
from .shared.mosaic import Mosaic, mosaic_figure
from .shared.options import Options

NUM_PAIRS = 5


def replaced_codes(first: np.ndarray, second: np.ndarray, divergences: np.ndarray,
                   top: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes (n, top + 2, D) on the way from `first` (n, D) to `second`, and which code each step replaced (n, top).

    Codes are replaced one after the other by falling divergence (n, D); the last step replaces all that are left."""
    order = np.argsort(-divergences, axis=1, kind="stable")[:, :top]
    steps = [first]
    for i in range(order.shape[1]):
        moved = steps[-1].copy()
        rows = np.arange(len(moved))
        moved[rows, order[:, i]] = second[rows, order[:, i]]
        steps.append(moved)
    return np.stack([*steps, second], axis=1), order


@kind("largest-kl")
def draw_largest_kl(model: Model, options: Options) -> Iterator[Drawing]:
    """A row for each pair of images: the first, the ways between, the second."""
    images = chosen_images(model.data, options, 2 * NUM_PAIRS)
    if len(images) < 2:
        raise UserError("largest-kl compares pairs of images; give two or more (--num_images or --image_indices).")
    images = images[: len(images) // 2 * 2]
    first, second = images[0::2], images[1::2]
    posteriors = model.posterior(first), model.posterior(second)
    divergences = kl_between(*posteriors[0], *posteriors[1])
    top = min(options.top, model.num_latents)
    codes, order = replaced_codes(posteriors[0][0], posteriors[1][0], divergences, top)
    decoded = model.decode(codes.reshape(-1, model.num_latents)).reshape(*codes.shape[:2], *images.shape[1:])
    cells = np.concatenate([first[:, None], decoded, second[:, None]], axis=1)
    captions = [["", "", *(f"z{code}: {divergence[code]:.3g}" for code in row), "", ""]
                for row, divergence in zip(order, divergences, strict=True)]
    columns = ["first", "decoded", "1 code", *(f"{i} codes" for i in range(2, top + 1)), "all codes", "second"]
    yield Drawing("largest_kl", "from image to image by the codes of largest KL divergence", mosaic_figure(Mosaic(
        cells, "Codes of the second image put in one after the other, those of largest KL(q(z|x1) || q(z|x2)) first "
               "(nats, below)", [f"pair {i}" for i in range(len(first))], columns, captions)))
