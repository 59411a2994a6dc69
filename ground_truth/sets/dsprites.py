"""dSprites: one white sprite on black, 737,280 images, from the user's file or drawn here (Matthey et al., 2017).

Orientations 0 and 39 are the same angle and so the same image; all published numbers keep both.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np

from ..bases.byte_images import BLACK_OR_WHITE, ByteImages
from ..catalogue.about import About, DataFile
from ..drawing.dsprites_raster import draw_sprites
from ..files.dsprites_file import SpriteFile
from ..files.paths import find_file
from ..ground_truth_data import GridGroundTruth
from ..registry import register

logger = logging.getLogger(__name__)

NAME = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64"
ABOUT = About(
    home="https://github.com/google-deepmind/dsprites-dataset",
    licence="Apache-2.0",
    files=(DataFile(f"dsprites/{NAME}.npz",
                    f"https://github.com/google-deepmind/dsprites-dataset/raw/master/{NAME}.npz"),),
    layouts=(f"dsprites/{NAME}.npz", f"{NAME}.npz", f"dsprites/{NAME}.hdf5", f"{NAME}.hdf5", "dsprites/imgs.npy",
             "dsprites/dsprite_train.npz", f"dsprites/gen.{NAME}.hdf5"),
    manual="No download is needed: without a file the images are drawn (docs/data_sets.md says how exactly).",
    means=(0.042494423521889584,),
)


class Sprites(GridGroundTruth):
    """The grid of dSprites and its black-and-white images; the variants differ in what they make of them.

    sprites: a function from indices (n,) to (n, 64, 64, 1) uint8, 0 or 1; None takes the user's file if there is one
    and draws otherwise."""

    about = ABOUT
    grid_factor_names = ("color", "shape", "scale", "orientation", "position_x", "position_y")
    grid_factor_sizes = (1, 3, 6, 40, 32, 32)
    latent_factor_indices: Sequence[int] = (1, 2, 3, 4, 5)
    image_shape = (64, 64, 1)

    def __init__(self, sprites: Callable[[np.ndarray], np.ndarray] | None = None):
        self.sprites = open_sprites() if sprites is None else sprites


@register("dsprites_full")
class DSprites(ByteImages, Sprites):
    """Factors: shape, scale, orientation, position x (to the right), position y (downwards)."""

    pixel_values = BLACK_OR_WHITE

    def raw(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        return self.sprites(indices)


@register("dsprites_noshape")
class DSpritesNoShape(DSprites):
    """dSprites whose shape is not a factor but drawn with each image."""

    latent_factor_indices = (2, 3, 4, 5)


class SpritesOfOneShape(DSprites):
    """A third of dSprites, the part of one shape, as the Lie group VAE's `fixed_shape` takes it."""

    grid_factor_names = Sprites.grid_factor_names[2:]  # type: ignore[assignment]
    grid_factor_sizes = Sprites.grid_factor_sizes[2:]  # type: ignore[assignment]
    latent_factor_indices = (0, 1, 2, 3)
    shape: int

    def raw(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        return self.sprites(self.shape * int(np.prod(self.grid_factor_sizes)) + indices)


@register("dsprites_square")
class DSpritesSquare(SpritesOfOneShape):
    """The squares of dSprites."""

    shape = 0


@register("dsprites_ellipse")
class DSpritesEllipse(SpritesOfOneShape):
    """The ellipses of dSprites."""

    shape = 1


@register("dsprites_heart")
class DSpritesHeart(SpritesOfOneShape):
    """The hearts of dSprites."""

    shape = 2


def open_sprites() -> Callable[[np.ndarray], np.ndarray]:
    """The user's file where there is one, else the renderer."""
    path = find_file(ABOUT.layouts)
    logger.info("dSprites: %s.", "no file found, drawing the images" if path is None else f"reading {path}")
    return draw_sprites if path is None else SpriteFile(path, int(np.prod(Sprites.grid_factor_sizes)))
