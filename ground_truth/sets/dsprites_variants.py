"""dSprites with colour, noise or a painting behind the sprite (Locatello et al., arXiv:1811.12359, app. H).

What is drawn with each image is computed in double precision, as in disentanglement_lib, and rounded to float32.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...common.errors import DataError
from ..catalogue.about import About, DataFile, require_file
from ..drawing.noise import draw_noise, replay_noise
from ..drawing.two_colors import paint
from ..files.pictures.picture_file import picture_file
from ..registry import register
from .dsprites import ABOUT, Sprites

SIDE = 64
# The six colours of a husl palette (hue 0.1, saturation 0.7, lightness 0.7), as disentanglement_lib lists them.
OBJECT_COLORS = np.array([
    [0.9096231780824386, 0.5883403686424795, 0.3657680693481871],
    [0.6350181801577739, 0.6927729880940552, 0.3626904230371999],
    [0.3764832455369271, 0.7283900430001952, 0.5963114605342514],
    [0.39548987063404156, 0.7073922557810771, 0.7874577552076919],
    [0.6963644829189117, 0.6220697032672371, 0.899716387820763],
    [0.90815966835861, 0.5511103319168646, 0.7494337214212151]])
BACKGROUND_GREYS = np.linspace(0, 1, 5)


@register("color_dsprites")
class ColorDSprites(Sprites):
    """The sprite has one random colour, each channel uniform in [0.5, 1)."""

    image_shape = (SIDE, SIDE, 3)

    def draw(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        """Colours (num, 3)."""
        return random_state.uniform(0.5, 1, (num, 3))

    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        assert draws is not None
        return paint(self.sprites(indices), draws, np.zeros_like(draws))


@register("noisy_dsprites")
class NoisyDSprites(Sprites):
    """The background is uniform noise in every pixel and channel; the sprite is white."""

    image_shape = (SIDE, SIDE, 3)

    def draw(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return draw_noise(num, self.image_shape, random_state)

    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        assert draws is not None
        noise = replay_noise(draws, self.image_shape).astype(np.float32)
        return np.maximum(noise, self.sprites(indices))


@register("scream_dsprites")
class ScreamDSprites(Sprites):
    """A random patch of Munch's "The Scream", tinted at random, whose colours the sprite inverts."""

    image_shape = (SIDE, SIDE, 3)
    about = About(
        "https://commons.wikimedia.org/wiki/File:The_Scream.jpg", "picture: public domain; dSprites: Apache-2.0",
        (DataFile("scream/scream.jpg", "https://upload.wikimedia.org/wikipedia/commons/f/f4/The_Scream.jpg"),
         *ABOUT.files),
        ("scream/scream.jpg", "scream.jpg"))

    def __init__(self) -> None:
        super().__init__()
        self.scream = read_scream(str(require_file("scream_dsprites", self.about)))

    def draw(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        """(num, 5): row and column of the patch, then the shift of red, green and blue; image after image."""
        height, width = self.scream.shape[0] - SIDE, self.scream.shape[1] - SIDE
        return np.array([[random_state.randint(height), random_state.randint(width), *random_state.uniform(0, 1, 3)]
                         for _ in range(num)]).reshape(num, 5)

    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        assert draws is not None
        images = np.empty((len(indices), *self.image_shape), dtype=np.float32)
        for image, sprite, (row, column, *shift) in zip(images, self.sprites(indices), draws, strict=True):
            patch = self.scream[int(row) : int(row) + SIDE, int(column) : int(column) + SIDE]
            background = (patch + shift) / 2
            image[:] = np.where(sprite, 1 - background, background)
        return images


@register("abstract_dsprites")
class AbstractDSprites(Sprites):
    """A coloured sprite on grey, for abstract reasoning (van Steenkiste et al., arXiv:1905.12506).

    Factors: background (5 greys), object colour (6), shape, scale, position x, position y; orientation is drawn."""

    grid_factor_names = ("background_color", "object_color", *Sprites.grid_factor_names)  # type: ignore[assignment]
    grid_factor_sizes = (5, 6, *Sprites.grid_factor_sizes)  # type: ignore[assignment]
    latent_factor_indices = (0, 1, 3, 4, 6, 7)
    image_shape = (SIDE, SIDE, 3)

    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        colors, sprites = np.divmod(indices, int(np.prod(Sprites.grid_factor_sizes)))
        backgrounds, objects = np.divmod(colors, len(OBJECT_COLORS))
        grey = BACKGROUND_GREYS[backgrounds][:, None].repeat(3, axis=1)
        return paint(self.sprites(sprites), OBJECT_COLORS[objects], grey)


def read_scream(path: str) -> np.ndarray:
    """The picture, shrunk to at most 350 x 274, (H, W, 3) float64 in [0, 1].

    Its last bits depend on the versions of Pillow and libjpeg.  Raises DataError when no patch fits into it."""
    with picture_file(Path(path), path, "Run: unbraid-data download scream_dsprites") as picture:
        picture.thumbnail((350, 274))
        scream = np.array(picture.convert("RGB")) / 255
    if min(scream.shape[:2]) <= SIDE:
        raise DataError(f"{path} has {scream.shape[0]} x {scream.shape[1]} pixels after shrinking to 350 x 274; "
                        f"expected more than {SIDE} on both sides.")
    return scream
