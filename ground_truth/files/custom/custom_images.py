"""Images of a user's own file, in whichever common form they come."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....common.errors import DataError
from ...bases.byte_images import look_up
from ..arrays.array_source import ArraySource, parts
from ..arrays.decoded import Images, decoded, open_images
from ..pictures.resizing import resize_channels

LAYOUTS = {"NHWC": (1, 2, 3), "NCHW": (2, 3, 1)}
NUM_PROBES = 64
LARGEST_12_BIT = 4095


class CustomImages:
    """Images of any number type, NHWC, NCHW or (N, H, W).

    pixel_values: what each byte means, or None for images that are not bytes."""

    noun = "image"  # what messages call one
    default_split = "reference"  # how metrics draw test points unless told, see `evaluation.split`

    def __init__(self, images: Images, where: str, axes: tuple[int, ...] = LAYOUTS["NHWC"],
                 maximum: float | None = None):
        """where: what messages call them.  axes: of height, width and channel.  maximum: the value that is white; None
        for the one that is plain from their type and values.  Raises DataError for values that cannot be images."""
        self.images, self.where, self.axes = images, where, axes
        self.dtype = np.dtype(images.dtype)
        self.pixel_values = None
        probes = self.raw(np.unique(np.linspace(0, len(images) - 1, NUM_PROBES).astype(np.int64)))
        self.maximum = maximum or white(probes, self.dtype, where)
        self._scaled(probes)
        if self.dtype in (np.uint8, np.bool_):
            self.pixel_values = np.arange(256, dtype=np.float32) / np.float32(self.maximum)

    @classmethod
    def open(cls, source: ArraySource, layout: str | None = None, maximum: float | None = None) -> CustomImages:
        """The images of an array in a file.  layout: "NHWC" or "NCHW"; None where the shape tells."""
        axes = image_axes(source, layout)
        return cls(open_images(source), str(source), axes, maximum)

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, H, W, C)."""
        sizes = (*self.images.shape, 1)
        return (sizes[0], *(sizes[axis] for axis in self.axes))

    def raw(self, indices: np.ndarray) -> np.ndarray:
        """(n, H, W, C) as stored; bools as bytes."""
        images = self.images[indices]
        images = images[..., None] if images.ndim == 3 else images
        images = np.ascontiguousarray(images.transpose(0, *self.axes))
        return images.view(np.uint8) if images.dtype == np.bool_ else images

    def render(self, indices: np.ndarray) -> np.ndarray:
        """(n, H, W, C) float32 in [0, 1].  Raises DataError when a value is not."""
        return self._scaled(self.raw(indices))

    def resized(self, height: int, width: int) -> CustomImages:
        """The images at another size, with a Lanczos filter, the aspect not kept, as bytes; made once and kept."""
        if self.shape[1:3] == (height, width):
            return self
        assert not isinstance(self.images, np.ndarray)
        shape = (len(self.images), height, width, self.shape[3])
        name = f"resized-{''.join(map(str, self.axes))}-{self.maximum:g}-{self.images.offset}"

        of_bytes = self.dtype == np.uint8

        def blocks() -> Iterator[np.ndarray]:
            for part in parts(self.shape, np.dtype(np.float64)):
                rows = np.arange(part.start, part.stop)
                images = resize_channels(self.raw(rows) if of_bytes else self.render(rows), height, width)
                yield images if of_bytes else np.rint(255 * images).astype(np.uint8)

        copy = decoded(name, [self.images.path], shape, np.uint8, blocks)
        return CustomImages(copy, self.where, maximum=self.maximum if of_bytes else 255)

    def _scaled(self, raw: np.ndarray) -> np.ndarray:
        if self.pixel_values is not None:
            images = look_up(raw, self.pixel_values)
        else:  # half precision would round the quotient
            images = (raw.astype(np.result_type(raw.dtype, np.float32)) / self.maximum).astype(np.float32)
        if len(images) and not (images.min() >= 0 and images.max() <= 1):
            raise DataError(f"{self.where} has values from {raw.min()} to {raw.max()}; expected 0 to {self.maximum:g}. "
                            "Scale the images, or bind custom_data.maximum to the value that is white.")
        return images


def white(probes: np.ndarray, dtype: np.dtype, where: str) -> float:
    """The stored value that is white, from the type of images and the largest value among some of them.

    1 for floats and bools, 255 for integers up to 255, 65535 for uint16 beyond 12 bits.  Raises DataError otherwise."""
    largest = probes.max(initial=0)
    if dtype.kind in "fb":
        return 1.0
    if 1 < largest <= 255:
        return 255.0
    if dtype == np.uint16 and largest > LARGEST_12_BIT:
        return 65535.0
    if largest <= 1:
        raise DataError(f"{where} is {dtype} but {len(probes)} images looked at have no value above {largest}. "
                        "Bind custom_data.maximum = 1 if 1 is white, or 255.")
    raise DataError(f"{where} is {dtype} with values up to {largest}, from which the value of white cannot be "
                    "told. Bind custom_data.maximum to it.")


def image_axes(source: ArraySource, layout: str | None) -> tuple[int, ...]:
    """Positions of height, width and channel among the axes of `source`.  Raises DataError when they cannot be told."""
    shape = source.shape
    if source.dtype.kind not in "buif":
        raise DataError(f"{source} has type {source.dtype}; expected images of numbers.")
    if len(shape) not in {3, 4} or 0 in shape:
        raise DataError(f"{source} has shape {shape}; expected images (N, H, W, C), (N, C, H, W) or (N, H, W).")
    if layout is not None and layout not in LAYOUTS:
        raise DataError(f"custom_data.layout is {layout!r}; expected one of {', '.join(LAYOUTS)}.")
    if len(shape) == 3:
        return LAYOUTS["NHWC"]
    possible = [name for name, axes in LAYOUTS.items() if shape[axes[2]] in {1, 3}]
    if layout is None and len(possible) != 1:
        raise DataError(f"{source} has shape {shape}, from which the place of the channels cannot be told. "
                        'Bind custom_data.layout = "NHWC" or "NCHW".')
    return LAYOUTS[layout or possible[0]]
