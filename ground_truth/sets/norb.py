"""smallNORB: toys under six lights, 48,600 grey images of the left camera (LeCun et al., CVPR 2004).

The images are resized to 64 x 64 on 32-bit integers, as disentanglement_lib does, so ringing of the filter is not
clipped and values may lie a little outside [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...common.errors import DataError
from ..bases.factor_table import rows_by_index
from ..catalogue.about import About, DataFile, missing
from ..files.arrays.array_file import ArrayFile
from ..files.arrays.decoded import decoded
from ..files.paths import find_file
from ..files.pictures.resizing import resize
from ..ground_truth_data import GridGroundTruth
from ..registry import register

CHUNKS = ("smallnorb-5x46789x9x18x6x2x96x96-training", "smallnorb-5x01235x9x18x6x2x96x96-testing")
HOME = "https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/"
CHECKSUMS = {  # SHA-256 of the .gz file, MD5 of the unpacked one
    f"{CHUNKS[0]}-dat": ("5ffd6272a07d32695ee1082a26a41a93a37aab8c28da047f8c34ed348d214873",
                         "8138a0902307b32dfa0025a36dfa45ec"),
    f"{CHUNKS[0]}-cat": ("2784e542c1922060691090952b6cd6278879a216c90f81476f0f00256d42cdaa",
                         "fd5120d3f770ad57ebe620eb61a0b633"),
    f"{CHUNKS[0]}-info": ("de7eb932ebe7a4ee16217fead60660d0eb3d23632c2f4d1c51f88c501c17bf32",
                          "19faee774120001fc7e17980d6960451"),
    f"{CHUNKS[1]}-dat": ("cf7104eed3e51174d2f65b66d1e5878b9da233b886f161b0d88f4510ba2c7474",
                         "e9920b7f7b2869a8f1a12e945b2c166c"),
    f"{CHUNKS[1]}-cat": ("ecaf6d5bb8c3bc5eab9cf0258f6d2198dd474e016e374836fc097f2e5ff509ff",
                         "fd5120d3f770ad57ebe620eb61a0b633"),
    f"{CHUNKS[1]}-info": ("16adf314226327ee006d1a44db8cfef52773c06c829951d5653a9f6f310248a2",
                          "7c5b871cc69dcadec1bf6a18141f5edc"),
}
FOLDERS = ("small_norb", "smallnorb", "smallnorb/raw", "small_norb/raw")
MATRIX_TYPES = {0x1E3D4C55: np.uint8, 0x1E3D4C54: np.int32, 0x1E3D4C56: np.int16, 0x1E3D4C51: np.float32,
                0x1E3D4C53: np.float64}


@register("smallnorb")
class SmallNORB(GridGroundTruth):
    """Factors: category, elevation, azimuth, lighting; the instance within the category is drawn with each image."""

    about = About(
        HOME, "research only, may not be sold",
        tuple(DataFile(f"small_norb/{name}.mat", f"{HOME}{name}.mat.gz", sha256, unpacked_md5=unpacked_md5, unpack="gz")
              for name, (sha256, unpacked_md5) in CHECKSUMS.items()),
        tuple(f"{folder}/{CHUNKS[0]}-dat.mat" for folder in FOLDERS))
    grid_factor_names = ("category", "instance", "elevation", "azimuth", "lighting")
    grid_factor_sizes = (5, 10, 9, 18, 6)
    latent_factor_indices = (0, 2, 3, 4)
    image_shape = (64, 64, 1)

    def __init__(self) -> None:
        photographs = [read_matrix(find_chunk(chunk, "dat")) for chunk in CHUNKS]
        features = np.concatenate([read_features(chunk) for chunk in CHUNKS])
        self.rows = rows_by_index(features, self.grid_factor_sizes, self.grid_factor_names, "smallNORB")
        self.images = decoded("64x64", [matrix.path for matrix in photographs], (len(self.rows), 64, 64), np.int16,
                              lambda: resized(photographs))

    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        """(n, 64, 64, 1) float32, mostly in [0, 1]."""
        return self.images[self.rows[indices]][..., None] / np.float32(255)


def find_chunk(chunk: str, kind: str) -> Path:
    """The file of one chunk: `dat` (images), `cat` (categories) or `info`.  Raises MissingDataError."""
    layouts = [f"{folder}/{chunk}-{kind}.mat" for folder in FOLDERS]
    path = find_file(layouts)
    if path is None:
        raise missing("smallnorb", layouts)
    return path


def read_matrix(path: Path) -> ArrayFile:
    """NORB's binary matrix: type, number of dimensions d, max(3, d) sizes, all little-endian int32, then the values.

    Raises DataError for anything else."""
    header = np.fromfile(path, dtype="<i4", count=16)
    num_axes = int(header[1]) if len(header) > 1 else 0
    if len(header) < 5 or int(header[0]) not in MATRIX_TYPES or not 1 <= num_axes <= 8:
        raise DataError(f"{path} is not a matrix of smallNORB: it begins with {header[:2].tolist()}. "
                        "Is it still compressed? Run: unbraid-data download smallnorb")
    shape = tuple(header[2 : 2 + num_axes].tolist())
    return ArrayFile(path, 4 * (2 + max(3, num_axes)), shape, np.dtype(MATRIX_TYPES[int(header[0])]))


def read_features(chunk: str) -> np.ndarray:
    """(n, 5) int: category, instance, elevation, azimuth, lighting of each photograph."""
    category, info = (read_matrix(find_chunk(chunk, kind))[:] for kind in ("cat", "info"))
    features = np.column_stack([category, info]).astype(np.int64)
    features[:, 3] //= 2  # stored as 0, 2, ..., 34
    return features


def resized(photographs: list[ArrayFile]) -> Iterator[np.ndarray]:
    """Blocks (n, 64, 64) int16 of the left camera's images."""
    for matrix in photographs:
        for start in range(0, len(matrix), 1000):
            yield resize(matrix[start : start + 1000][:, 0].astype(np.int32)).astype(np.int16)
