"""MNIST and FashionMNIST, the 60,000 training images, resized to 32 x 32 (bilinear) as disentangling-vae does."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...common.errors import DataError
from ..bases.image_only import StoredImages
from ..catalogue.about import About, DataFile, require_file
from ..files.arrays.decoded import decoded
from ..files.pictures.resizing import resize
from ..registry import register

FILE = "train-images-idx3-ubyte"
IMAGES_MAGIC = 0x00000803


def layouts(*folders: str) -> tuple[str, ...]:
    """Where torchvision and disentangling-vae put the file, unpacked or not."""
    return tuple(f"{folder}/{FILE}{suffix}" for folder in folders for suffix in ("", ".gz"))


@register("mnist")
class MNIST(StoredImages):
    """Handwritten digits (LeCun et al., 1998), 32 x 32 x 1."""

    name = "mnist"
    about = About(
        "http://yann.lecun.com/exdb/mnist/", "CC BY-SA 3.0 as commonly stated",
        (DataFile(f"mnist/{FILE}.gz", f"https://ossci-datasets.s3.amazonaws.com/mnist/{FILE}.gz",
                  sha256="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),),
        layouts("mnist", "mnist/MNIST/raw", "MNIST/raw"))

    def __init__(self) -> None:
        path = require_file(self.name, self.about)
        num_images, side = read_size(path)
        self.images = decoded("32x32", [path], (num_images, 32, 32, 1), np.uint8,
                              lambda: enlarged(path, num_images, side))


@register("fashion_mnist")
class FashionMNIST(MNIST):
    """Articles of clothing (Xiao et al., arXiv:1708.07747), 32 x 32 x 1."""

    name = "fashion_mnist"
    about = About(
        "https://github.com/zalandoresearch/fashion-mnist", "MIT",
        (DataFile(f"fashion_mnist/{FILE}.gz", f"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/{FILE}.gz",
                  sha256="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),),
        layouts("fashion_mnist", "fashionMnist/FashionMNIST/raw", "FashionMNIST/raw"))


def read_size(path: Path) -> tuple[int, int]:
    """Number and side of the square images in an IDX file.  Raises DataError for anything else."""
    header = read_bytes(path, 16)
    magic, num_images, height, width = np.frombuffer(header.ljust(16, b"\0"), dtype=">i4").tolist()
    if magic != IMAGES_MAGIC or height != width:
        raise DataError(f"{path} is not an IDX file of square images: it begins with {header[:16].hex()}.")
    return num_images, height


def enlarged(path: Path, num_images: int, side: int) -> Iterator[np.ndarray]:
    """All images, (N, 32, 32, 1) uint8, in one block."""
    content = read_bytes(path, 16 + num_images * side**2)
    if len(content) < 16 + num_images * side**2:
        raise DataError(f"{path} is truncated: it holds {len(content) - 16} bytes of images; "
                        f"expected {num_images * side**2}.")
    images = np.frombuffer(content, dtype=np.uint8, offset=16).reshape(num_images, side, side)
    yield resize(images, 32, bilinear=True)[..., None]


def read_bytes(path: Path, count: int) -> bytes:
    """The first bytes of a file, unpacked where its name ends in .gz."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return file.read(count)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is not a whole file ({error}). Fetch it again.") from error
