"""Images of a user's own file, in whichever common form they come."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...common.errors import DataError
from ..bases.byte_images import look_up
from .array_source import ArraySource
from .decoded import open_images
from .open_array import array_source

LAYOUTS = {"NHWC": (1, 2, 3), "NCHW": (2, 3, 1)}
NUM_PROBES = 64


class CustomImages:
    """Images from an .npz, .npy or .h5 file: uint8 or float, NHWC, NCHW or (N, H, W).

    pixel_values: what each byte means, or None for images that are not uint8."""

    def __init__(self, path: Path, key: str = "images", layout: str | None = None, maximum: float | None = None):
        """layout: "NHWC" or "NCHW", None to tell by the shape.  maximum: the value that is white; None for 255 in uint8
        and 1 in floats.  Raises DataError for anything that cannot be images."""
        source = array_source(path, key)
        self.where = str(source)
        self.axes = image_axes(source, layout)
        self.images = open_images(source)
        self.dtype = source.dtype
        self.maximum = maximum or (255 if self.dtype == np.uint8 else 1)
        self.pixel_values = None
        self._probe(maximum)
        if self.dtype == np.uint8:
            self.pixel_values = np.arange(256, dtype=np.float32) / np.float32(self.maximum)

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, H, W, C)."""
        sizes = (*self.images.shape, 1)
        return (sizes[0], *(sizes[axis] for axis in self.axes))

    def raw(self, indices: np.ndarray) -> np.ndarray:
        """(n, H, W, C) as stored."""
        images = self.images[indices]
        images = images[..., None] if images.ndim == 3 else images
        return np.ascontiguousarray(images.transpose(0, *self.axes))

    def render(self, indices: np.ndarray) -> np.ndarray:
        """(n, H, W, C) float32 in [0, 1].  Raises DataError when a value is not."""
        raw = self.raw(indices)
        if self.pixel_values is not None:
            images = look_up(raw, self.pixel_values)
        else:
            images = (raw / self.maximum).astype(np.float32)
        if len(images) and not (images.min() >= 0 and images.max() <= 1):
            raise DataError(f"{self.where} has values from {raw.min()} to {raw.max()}; expected 0 to {self.maximum:g}. "
                            "Scale the images, or bind custom_data.maximum to the value that is white.")
        return images

    def _probe(self, maximum: float | None) -> None:
        """Looks at some images spread over the file, so that a wrong range is found at once."""
        probes = np.unique(np.linspace(0, len(self.images) - 1, NUM_PROBES).astype(np.int64))
        if self.dtype != np.uint8:
            self.render(probes)
        elif maximum is None and (largest := self.raw(probes).max()) <= 1:
            raise DataError(f"{self.where} is uint8 but {len(probes)} images looked at have no value above {largest}. "
                            "Bind custom_data.maximum = 1 if 1 is white, or 255.")


def image_axes(source: ArraySource, layout: str | None) -> tuple[int, ...]:
    """Positions of height, width and channel among the axes of `source`.  Raises DataError when they cannot be told."""
    shape = source.shape
    if source.dtype.kind not in "uf" or (source.dtype.kind == "u" and source.dtype != np.uint8):
        raise DataError(f"{source} has type {source.dtype}; expected images of type uint8 or float.")
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
