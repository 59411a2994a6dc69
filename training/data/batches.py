"""The endless stream of training images."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ...ground_truth.ground_truth_data import GroundTruthData
from .image_loader import ImageLoader


class Batches:
    """Images drawn independently and uniformly over the factors, without epochs, as disentanglement_lib does."""

    def __init__(self, data: GroundTruthData, batch_size: int, seed: int, load: ImageLoader):
        """load: from observations to the images on the device, see image_loader.py."""
        self.data = data
        self.batch_size = batch_size
        self.random_state = np.random.RandomState(seed)
        self.load = load

    def __next__(self) -> Any:
        """(B, C, H, W) float32 in [0, 1], stored channels last; a subclass may yield what its method needs."""
        return self.load(self.data.sample_observations(self.batch_size, self.random_state))

    def state(self) -> dict[str, Any]:
        """Where the stream stands, as plain data."""
        _, keys, position, has_gauss, gauss = self.random_state.get_state(legacy=True)  # type: ignore[misc]
        return {"keys": torch.from_numpy(np.asarray(keys).astype(np.int64)), "position": int(position),
                "has_gauss": int(has_gauss), "gauss": float(gauss)}

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        keys = state["keys"].numpy().astype(np.uint32)
        self.random_state.set_state(("MT19937", keys, state["position"], state["has_gauss"], state["gauss"]))


def image_shape(data: GroundTruthData) -> list[int]:
    """[C, H, W] of a data set's images."""
    height, width, channels = data.observation_shape
    return [channels, height, width]
