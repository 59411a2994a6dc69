"""Patches of natural images, 16 x 16 x 1 (Olshausen & Field, Nature 1996; used by JL1-VAE, arXiv:2106.02923).

JL1-VAE's own patches are read where they exist.  Otherwise they are cut from `IMAGES.mat` with a seed, which JL1-VAE
does not set; as there, training and test patches come from the same ten pictures.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...common.errors import DataError
from ..bases.image_only import ImageOnlyData
from ..catalogue.about import About, DataFile, require_file
from ..files.arrays.open_array import array_source
from ..registry import register

SIDE = 16
FOLDER = "naturalImages"
TRAIN_PATCHES, TEST_PATCHES = 10_000, 1_000  # of each picture
ABOUT = About(
    "http://www.rctn.org/bruno/sparsenet/", "not stated by the author",
    (DataFile(f"{FOLDER}/IMAGES.mat", "http://www.rctn.org/bruno/sparsenet/IMAGES.mat"),),
    (f"{FOLDER}/train/data.npz", f"{FOLDER}/IMAGES.mat", "IMAGES.mat"))


@register("natural_images")
class NaturalImages(ImageOnlyData):
    """100,000 training patches, picture after picture, kept in memory."""

    about = ABOUT
    part = "train"

    def __init__(self, seed: int = 0):
        """seed: of the places in the pictures.  Raises MissingDataError without any file."""
        self.patches = load(self.part, seed)

    @property
    def num_images(self) -> int:
        return len(self.patches)

    @property
    def observation_shape(self) -> list[int]:
        return [SIDE, SIDE, 1]

    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        return self.patches[indices]


@register("natural_images_test")
class NaturalImagesTest(NaturalImages):
    """10,000 test patches of the same pictures."""

    part = "test"


def load(part: str, seed: int) -> np.ndarray:
    """(N, 16, 16, 1) float32 in [0, 1]; part: "train" or "test"."""
    path = require_file("natural_images", ABOUT)
    if path.suffix == ".npz":
        return read_patches(path.parent.parent / part / "data.npz")
    random_state = np.random.RandomState(seed)
    pictures = read_pictures(path)
    train, test = (cut(pictures, count, random_state) for count in (TRAIN_PATCHES, TEST_PATCHES))
    return train if part == "train" else test


def read_patches(path: Path) -> np.ndarray:
    """JL1-VAE's file, (N, 1, 16, 16) float."""
    source = array_source(path, "images")
    if source.shape[1:] != (1, SIDE, SIDE):
        raise DataError(f"{source} has shape {source.shape}; expected (N, 1, {SIDE}, {SIDE}).")
    return source.load().astype(np.float32).transpose(0, 2, 3, 1)


def read_pictures(path: Path) -> np.ndarray:
    """(10, 512, 512) float64, the smallest value of all pictures made 0 and the largest 1."""
    from scipy.io import loadmat

    try:
        pictures = loadmat(path, variable_names=["IMAGES"])["IMAGES"]
    except Exception as error:  # scipy raises whatever it stumbles over in a damaged file
        raise DataError(f"{path} is not a MATLAB file with a variable IMAGES ({error}). "
                        "Run: unbraid-data download natural_images") from error
    return (pictures.transpose(2, 0, 1) - pictures.min()) / (pictures.max() - pictures.min())


def cut(pictures: np.ndarray, num_patches: int, random_state: np.random.RandomState) -> np.ndarray:
    """(pictures * num_patches, 16, 16, 1) float32; places as scikit-learn's `extract_patches_2d` draws them."""
    patches = []
    for picture in pictures:
        windows = np.lib.stride_tricks.sliding_window_view(picture, (SIDE, SIDE))
        rows = random_state.randint(windows.shape[0], size=num_patches)
        columns = random_state.randint(windows.shape[1], size=num_patches)
        patches.append(windows[rows, columns].astype(np.float32))
    return np.concatenate(patches)[..., None]
