"""Three-dots: three black dots on white, procedural, nothing to download (JL1-VAE, arXiv:2106.02923).

Drawn on a canvas ten times as large and averaged down, as the original does with OpenCV.  No canvas is made: what each
dot takes off the pixels around it is known beforehand.  Where dots may meet, a pixel's grey is counted from the runs of
black in each of its ten canvas rows, of which a disc has one.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from ...common.compiling.compiled import compiled
from ...common.numerics.threads import in_threads
from ..bases.byte_images import ByteImages
from ..drawing.opencv_disc import disc_rows
from ..ground_truth_data import DataSet, GridGroundTruth
from ..observations import LazyObservations
from ..registry import register

SIDE = 64
SUPERSAMPLING = 10
CANVAS = SIDE * SUPERSAMPLING
FRACTION_BITS = 10
RADIUS = int(CANVAS * 0.08 * 2**FRACTION_BITS)
TILE = 12  # image pixels across which a dot may be spread, either way
# OpenCV's area average multiplies the sum of 100 canvas pixels by a single-precision 1/100.
GREY = (np.arange(SUPERSAMPLING**2 + 1) * float(np.float32(1 / SUPERSAMPLING**2))).astype(np.float32)


@register("threeDots")
class ThreeDots(ByteImages, GridGroundTruth):
    """Six factors: x and y of dots 0, 1 and 2; x to the right, y downwards, 0 at the top left.

    Dots at the ends are cut off and dots may overlap, so different factors can give the same image.  64^6 images
    at the published granularity of 64 values a factor."""

    grid_factor_names = ("x_0", "y_0", "x_1", "y_1", "x_2", "y_2")
    grid_factor_sizes: Sequence[int] = (64,) * 6
    image_shape = (SIDE, SIDE, 1)
    pixel_values = GREY

    def __init__(self, latent_factor_granularity: int = 64):
        self.latent_factor_granularity = latent_factor_granularity
        self.grid_factor_sizes = (latent_factor_granularity,) * 6

    def raw(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        factors = np.stack(np.unravel_index(indices, self.grid_factor_sizes), axis=1)
        return draw_dots(factors, self.latent_factor_granularity)


@register("threeDotsCache")
class ThreeDotsCache(DataSet):
    """The images of JL1-VAE's training cache: `num_images` draws from three-dots with `RandomState(seed)`.

    The original stores them (8 GB for 500,000); here they are known by their factors and rendered when asked for,
    which takes less time than reading them back.  For training; models are scored on the whole of three-dots."""

    scored_on = "threeDots"

    grid_factor_names, grid_factor_sizes = ThreeDots.grid_factor_names, ThreeDots.grid_factor_sizes
    image_shape = ThreeDots.image_shape
    cache_size = 500_000

    def __init__(self, num_images: int | None = None, seed: int = 0):
        """num_images: None for the published number."""
        num_images = self.cache_size if num_images is None else num_images
        self.three_dots = ThreeDots()
        self.factor_names = self.three_dots.factor_names
        self.factors, observations = self.three_dots.sample(num_images, np.random.RandomState(seed))
        self._observations = observations

    @property
    def factors_num_values(self) -> list[int]:
        return self.three_dots.factors_num_values

    @property
    def observation_shape(self) -> list[int]:
        return self.three_dots.observation_shape

    def sample(self, num: int, random_state: np.random.RandomState) -> tuple[np.ndarray, LazyObservations]:
        """Cached factors and images, with replacement; one `choice`, as in the original."""
        rows = random_state.choice(len(self.factors), (num,))
        return self.factors[rows], self._observations[rows]

    def sample_factors(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return self.sample(num, random_state)[0]

    def sample_observations_from_factors(
        self, factors: np.ndarray, random_state: np.random.RandomState
    ) -> LazyObservations:
        """Any three-dots factors, cached or not."""
        return self.three_dots.sample_observations_from_factors(factors, random_state)


@register("threeDotsCacheSmall")
class ThreeDotsCacheSmall(ThreeDotsCache):
    """The cache of JL1-VAE's small example: 20,000 images."""

    cache_size = 20_000


def draw_dots(factors: np.ndarray, granularity: int = 64) -> np.ndarray:
    """Images (n, 64, 64, 1) uint8 of factors (n, 6) in [0, granularity): how many of a pixel's 100 parts are white."""
    if factors.size and not 0 <= factors.min() <= factors.max() < granularity:  # compiled loops do not check
        raise ValueError(f"Factors of three-dots are from {factors.min()} to {factors.max()}; expected 0 to "
                         f"{granularity - 1}.")
    positions = factors.astype(np.int64).reshape(-1, 3, 2)
    dots = positions[:, :, 0] * granularity + positions[:, :, 1]
    runs, tiles = disc_table(granularity), tile_table(granularity)
    images = np.empty((len(dots), SIDE, SIDE, 1), dtype=np.uint8)
    in_threads(lambda start, stop: _draw(dots[start:stop], *runs, *tiles, images[start:stop, :, :, 0]), len(dots))
    return images


@functools.lru_cache(maxsize=4)
def disc_table(granularity: int) -> tuple[np.ndarray, np.ndarray]:
    """Black run of each canvas row for every dot position: first and one-past-last pixel, (granularity^2, 640) int16.

    Position x * granularity + y.  A row the dot does not touch has both 0."""
    positions = np.arange(granularity) / (granularity - 1)
    centres = np.floor(CANVAS * positions * 2**FRACTION_BITS).astype(np.int64)
    first = np.zeros((granularity**2, CANVAS), dtype=np.int16)
    end = np.zeros_like(first)
    for x, centre_x in enumerate(centres):
        for y, centre_y in enumerate(centres):
            left, right = disc_rows((int(centre_x), int(centre_y)), RADIUS, CANVAS, FRACTION_BITS)
            touched = right >= left
            first[x * granularity + y] = np.where(touched, left, 0)
            end[x * granularity + y] = np.where(touched, right + 1, 0)
    return first, end


@functools.lru_cache(maxsize=4)
def tile_table(granularity: int) -> tuple[np.ndarray, np.ndarray]:
    """What a dot alone takes off the pixels around it: (granularity^2, TILE, TILE) uint8, hundredths; and the image row
    and column of each tile's first pixel, (granularity^2, 2).  Rows as in `disc_table`."""
    tiles = np.zeros((granularity**2, TILE, TILE), dtype=np.uint8)
    corners = np.empty((granularity**2, 2), dtype=np.int64)
    _fill_tiles(*disc_table(granularity), tiles, corners)
    return tiles, corners


@compiled()
def _fill_tiles(first: np.ndarray, end: np.ndarray, tiles: np.ndarray, corners: np.ndarray) -> None:
    for dot in range(len(tiles)):
        top, left = CANVAS, CANVAS
        for row in range(CANVAS):
            if end[dot, row]:
                top, left = min(top, row), min(left, first[dot, row])
        top, left = min(top // SUPERSAMPLING, SIDE - TILE), min(left // SUPERSAMPLING, SIDE - TILE)
        corners[dot, 0], corners[dot, 1] = top, left
        for row in range(CANVAS):
            for column in range(first[dot, row], end[dot, row]):
                tiles[dot, row // SUPERSAMPLING - top, column // SUPERSAMPLING - left] += 1


@compiled()
def _draw(dots: np.ndarray, first: np.ndarray, end: np.ndarray, tiles: np.ndarray, corners: np.ndarray,
          images: np.ndarray) -> None:
    """images (n, 64, 64), for dots (n, 3) as rows of the tables."""
    white = np.zeros(SIDE + 2, dtype=np.int32)
    for image in range(len(dots)):
        images[image] = SUPERSAMPLING**2
        for index in range(3):
            # Plain numbers: a view of an array in the inner loop costs more than the loop's work.
            dot = dots[image, index]
            top, left = np.uintp(corners[dot, 0]), np.uintp(corners[dot, 1])
            for y in range(np.uintp(TILE)):
                for x in range(np.uintp(TILE)):
                    images[image, top + y, left + x] -= tiles[dot, y, x]
        for one, other in ((0, 1), (0, 2), (1, 2)):
            top, left = corners[dots[image, one]]
            other_top, other_left = corners[dots[image, other]]
            if abs(left - other_left) < TILE:  # the tiles share pixels, from which both may have taken the same
                for y in range(max(top, other_top), min(top, other_top) + TILE):
                    _draw_row(dots[image], first, end, y, white, images[image, y])


@compiled()
def _draw_row(dots: np.ndarray, first: np.ndarray, end: np.ndarray, y: int, white: np.ndarray,
              pixels: np.ndarray) -> None:
    """One row of an image; white: zeros, and again zeros afterwards."""
    a, b, c = dots
    for row in range(y * SUPERSAMPLING, (y + 1) * SUPERSAMPLING):
        if end[a, row] | end[b, row] | end[c, row] != 0:
            _subtract_union(first[a, row], end[a, row], first[b, row], end[b, row], first[c, row], end[c, row], white)
    total = np.int32(SUPERSAMPLING**2)
    for x in range(SIDE):
        total += white[x]
        pixels[x] = total
    white[:] = 0


@compiled()
def _subtract_union(a: int, a_end: int, b: int, b_end: int, c: int, c_end: int, white: np.ndarray) -> None:
    """Takes the black pixels of one canvas row, each once however many runs hold it, off the pixels below.

    The runs [a, a_end), [b, b_end) and [c, c_end) may be empty.  white: (SIDE + 2,) differences from one image pixel
    to the next, so a run costs the same whatever its length."""
    # Sorted by its beginning, a run counts from where the runs before it ended.
    if b < a:
        a, a_end, b, b_end = b, b_end, a, a_end
    if c < b:
        b, b_end, c, c_end = c, c_end, b, b_end
    if b < a:
        a, a_end, b, b_end = b, b_end, a, a_end
    _subtract(a, a_end, white)
    reached = a_end
    _subtract(max(b, reached), b_end, white)
    reached = max(reached, b_end)
    _subtract(max(c, reached), c_end, white)


@compiled()
def _subtract(start: int, stop: int, white: np.ndarray) -> None:
    """One run: from `start` on every canvas pixel counts one less, from `stop` on one more again."""
    if start >= stop:
        return
    # Unsigned, so that the division by a constant becomes a multiplication.
    pixel = np.uint32(start) // np.uint32(SUPERSAMPLING)
    inside = np.int32((pixel + np.uint32(1)) * np.uint32(SUPERSAMPLING)) - np.int32(start)
    white[pixel] -= inside
    white[pixel + 1] -= SUPERSAMPLING - inside
    pixel = np.uint32(stop) // np.uint32(SUPERSAMPLING)
    inside = np.int32((pixel + np.uint32(1)) * np.uint32(SUPERSAMPLING)) - np.int32(stop)
    white[pixel] += inside
    white[pixel + 1] += SUPERSAMPLING - inside
