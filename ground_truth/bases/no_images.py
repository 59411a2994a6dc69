"""What stands in the place of images where points come without any, such as codes and factors of another program."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from ...common.errors import DataError


class NoImages:
    """Images of points that have none: as many as there are points; asking for one is an error that says so."""

    noun, default_split = "point", "disjoint"
    pixel_values = None

    def __init__(self, num_points: int, where: str):
        """where: the file of the points, for messages."""
        self.shape, self.where = (num_points, 0, 0, 0), where

    def raw(self, indices: np.ndarray) -> NoReturn:
        """Raises DataError."""
        self.render(indices)

    def render(self, indices: np.ndarray) -> NoReturn:
        """Raises DataError."""
        raise DataError(f"{self.where} has factors but no images. Metrics and pictures that look at images need a data "
                        "set that has them (dataset.name).")
