"""Folders of pictures, read once, resized to 64 x 64 and kept as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from ....common.numerics.threads import num_cores
from ...catalogue.about import About, missing
from ..arrays.array_file import ArrayFile
from ..arrays.decoded import decoded
from ..paths import search_roots
from .picture_file import picture_file

SIDE = 64
PICTURES_PER_BLOCK = 2000


def find_pictures(name: str, about: About) -> list[Path]:
    """Files of the first pattern among the layouts that any match, sorted by path.  Raises MissingDataError."""
    for pattern in about.layouts:
        for root in search_roots():
            if paths := sorted(root.glob(pattern)):
                return paths
    raise missing(name, about.layouts)


def resized_pictures(paths: list[Path], mode: str, resample: str = "lanczos") -> ArrayFile:
    """(N, 64, 64, C) uint8 of all pictures.

    mode: Pillow's "RGB" or "L", applied after resizing.  resample: Pillow's filter, such as "bicubic"."""
    channels = 3 if mode == "RGB" else 1

    def read(path: Path) -> np.ndarray:
        return read_picture(path, mode, resample).reshape(SIDE, SIDE, channels)

    def blocks() -> Iterator[np.ndarray]:
        with ThreadPoolExecutor(num_cores()) as pool:
            for start in range(0, len(paths), PICTURES_PER_BLOCK):
                yield np.stack(list(pool.map(read, paths[start : start + PICTURES_PER_BLOCK])))

    how = mode if resample == "lanczos" else f"{mode}-{resample}"  # older copies are named without the filter
    return decoded(f"{how}-{len(paths)}", paths, (len(paths), SIDE, SIDE, channels), np.uint8, blocks)


def read_picture(path: Path, mode: str, resample: str) -> np.ndarray:
    """One picture squashed to 64 x 64; the aspect is not kept.  Raises DataError."""
    from PIL import Image

    with picture_file(path, str(path), "Fetch it again.") as picture:
        resized = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling[resample.upper()])
        return np.asarray(resized.convert(mode))
