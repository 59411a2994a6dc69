"""Cars3D: 183 car models from 24 sides and 4 heights, 17,568 images (Reed et al., 2015; Fidler et al., 2012).

disentanglement_lib numbers the cars in the order the file system lists them, which differs between machines; here they
are sorted by file name.  Scores that treat the car as a category differ only through the draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...common.errors import DataError
from ..bases.stored_grid import StoredGrid, flatten
from ..catalogue.about import About, DataFile, require_file
from ..files.arrays.decoded import decoded
from ..files.arrays.open_array import array_source
from ..files.pictures.resizing import resize
from ..registry import register

MESH_SHAPE = (128, 128, 3, 24, 4)  # height, width, channel, azimuth, elevation


@register("cars3d")
class Cars3D(StoredGrid):
    """From the folder of 183 MATLAB files, or disent's `cars3d.npz`; resized to 64 x 64 with a Lanczos filter."""

    about = About(
        home="http://www.scottreed.info",
        licence="not stated by the authors",
        files=(DataFile("cars", "http://www.scottreed.info/files/nips2015-analogy-data.tar.gz",
                        md5="4e866a7919c1beedf53964e6f7a23686", unpack="tar:data/cars"),),
        layouts=("cars", "cars3d/cars3d.npz"),
    )
    grid_factor_names = ("elevation", "azimuth", "object_type")
    grid_factor_sizes = (4, 24, 183)
    image_shape = (64, 64, 3)

    def __init__(self) -> None:
        path = require_file("cars3d", self.about)
        num_cars = self.grid_factor_sizes[2]
        sources = mesh_files(path, num_cars) if path.is_dir() else [path]
        shape = (self.num_images, *self.image_shape)
        self.images = decoded("64x64", sources, shape, np.uint8,
                              lambda: cars_by_view(sources) if path.is_dir() else resized_rows(path))


def mesh_files(folder: Path, num_cars: int) -> list[Path]:
    """The MATLAB files, by name.  Raises DataError unless there are `num_cars`."""
    files = sorted(folder.glob("*.mat"))
    if len(files) != num_cars:
        raise DataError(f"{folder} has {len(files)} .mat files; Cars3D has {num_cars}. "
                        "Run: unbraid-data download cars3d")
    return files


def cars_by_view(files: list[Path]) -> Iterator[np.ndarray]:
    """All images in grid order, the car varying fastest, in one block (216 MB)."""
    cars = [resize(read_mesh(file).reshape(-1, 128, 128, 3)) for file in files]
    yield np.stack(cars, axis=1).reshape(-1, 64, 64, 3)


def read_mesh(path: Path) -> np.ndarray:
    """(4, 24, 128, 128, 3) uint8: elevation, azimuth, height, width, channel."""
    from scipy.io import loadmat

    try:
        mesh = loadmat(path, variable_names=["im"])["im"]
    except KeyError:
        raise DataError(f"{path} has no variable 'im'; it is not a mesh of Cars3D.") from None
    except Exception as error:  # scipy raises whatever it stumbles over in a damaged file
        raise DataError(f"{path} is not a whole MATLAB file ({error}). Run: unbraid-data download cars3d") from error
    if mesh.shape != MESH_SHAPE or mesh.dtype != np.uint8:
        raise DataError(f"'im' in {path} has shape {mesh.shape} and type {mesh.dtype}; expected {MESH_SHAPE} uint8.")
    return np.ascontiguousarray(mesh.transpose(4, 3, 0, 1, 2))


def resized_rows(path: Path) -> Iterator[np.ndarray]:
    """disent's array, 128 x 128 and already in grid order."""
    return (resize(block) for block in flatten(array_source(path, "images"), (128, 128, 3)).blocks())
