"""How observations become tensors on the device: NHWC turns into NCHW here.

On a GPU bytes travel, or stay: an image of bytes is a quarter of its floats, and a data set whose bytes fit into the
device's memory is sent there once, so a batch is an index.  On the CPU the data set makes the floats itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ...ground_truth.bases.byte_images import as_bytes
from .sending import send

logger = logging.getLogger(__name__)

ImageLoader = Callable[[Any], torch.Tensor]

RESIDENT_SHARE = 0.5  # of the device's free memory that images may take
CHUNK = 8192  # images sent at a time


def make_image_loader(data: Any, device: str) -> ImageLoader:
    """The fastest loader on a device: from observations to images (B, C, H, W) float32, stored channels last."""
    if not device.startswith("cuda") or not hasattr(data, "pixel_values"):
        return FloatLoader(device)
    if num_bytes(data) <= RESIDENT_SHARE * torch.cuda.mem_get_info(device)[0]:
        return ResidentLoader(data, device)
    return ByteLoader(data, device)


class FloatLoader:
    """The data set makes the floats."""

    def __init__(self, device: str):
        self.device = device

    def __call__(self, observations: Any) -> torch.Tensor:
        return send(np.asarray(observations, dtype=np.float32), self.device).permute(0, 3, 1, 2)


class ByteLoader:
    """Bytes are sent batch by batch and turned into floats on the device, by the data set's table: the same floats."""

    def __init__(self, data: Any, device: str):
        self.device, self.meanings = device, np.asarray(data.pixel_values, dtype=np.float32)
        self.pixel_values = send(self.meanings, device)

    def __call__(self, observations: Any) -> torch.Tensor:
        return self.floats(self.send(observations.raw()))

    def send(self, raw: np.ndarray) -> torch.Tensor:
        return send(as_bytes(raw, self.meanings), self.device)

    def floats(self, raw: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) float32 of bytes (B, H, W, C)."""
        return self.pixel_values[raw.int()].permute(0, 3, 1, 2)


class ResidentLoader(ByteLoader):
    """All bytes of the data set lie on the device."""

    def __init__(self, data: Any, device: str):
        super().__init__(data, device)
        logger.info("Sending %d images, %.2f GB, to %s.", data.num_images, num_bytes(data) / 1e9, device)
        self.images = torch.empty((data.num_images, *data.observation_shape), dtype=torch.uint8, device=device)
        for start in range(0, data.num_images, CHUNK):
            indices = np.arange(start, min(start + CHUNK, data.num_images))
            self.images[start:start + len(indices)] = self.send(data.raw(indices))

    def __call__(self, observations: Any) -> torch.Tensor:
        if observations.draws is not None:  # the bytes depend on more than the index
            return super().__call__(observations)
        return self.floats(self.images[send(observations.indices, self.device)])


def num_bytes(data: Any) -> int:
    """Size of all images of a data set as bytes."""
    return int(data.num_images * np.prod(data.observation_shape, dtype=np.int64))
