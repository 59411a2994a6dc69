"""A user's own folder of pictures, of any size, decoded once into bytes."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from ....common.errors import DataError
from ....common.numerics.threads import num_cores
from ..arrays.array_file import ArrayFile
from ..arrays.decoded import decoded
from ..reads import note_read
from .picture_file import picture_file, require_file

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm")
GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16B", "F")
BLOCK_BYTES = 1 << 27  # of decoded pictures that are in memory at a time

Size = tuple[int, int]  # height, width


def pictures_in(folder: Path) -> list[Path]:
    """All pictures in a folder and those below it, sorted by path; hidden files and folders are left out."""
    found = [Path(directory) / name for directory, _, names in os.walk(folder)
             for name in names if name.lower().endswith(PICTURE_SUFFIXES)]
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def has_plain_order(paths: Sequence[Path]) -> bool:
    """Whether counting and the alphabet order the names alike, so that 10 does not come before 2."""
    return list(paths) == sorted(paths, key=_counting)


def _counting(path: Path) -> list[str | tuple[int, str]]:
    """A key by which 2 comes before 10: texts and, at every second place, numbers of any length."""
    parts = re.split(r"(\d+)", str(path))
    return [(len(part.lstrip("0")), part.lstrip("0")) if place % 2 else part for place, part in enumerate(parts)]


def decoded_pictures(paths: Sequence[Path], size: Size | None) -> ArrayFile:
    """(N, H, W, 1 or 3) uint8 of picture files; size: resize to it, None where all have one size.

    Raises DataError for a damaged picture, for another size than the first one's, and for colour after a grey one."""
    note_read(*paths)
    facts = hashlib.sha256()
    for path in paths:
        require_file(path)
        stat = path.stat()
        facts.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return decode(len(paths), lambda: iter(paths), [paths[0]], facts.hexdigest()[:12], size)


def decode(count: int, pictures: Callable[[], Iterator[Path | bytes]], sources: Sequence[Path], facts: str,
           size: Size | None) -> ArrayFile:
    """Pictures that an iterator gives, as paths or as the bytes of files, decoded once.

    sources, facts: what the cached copy depends on."""
    with picture_file(next(pictures()), f"the first picture of {sources[0]}") as first:
        grey = first.mode in GREY_MODES
        height, width = size or (first.height, first.width)
    shape = (count, height, width, 1 if grey else 3)
    block = max(1, BLOCK_BYTES // (height * width * shape[3]))

    def read(numbered: tuple[int, Path | bytes]) -> np.ndarray:
        number, source = numbered
        name = str(source) if isinstance(source, Path) else f"picture {number} of {sources[0]}"
        with picture_file(source, name) as picture:
            return as_array(picture, name, (height, width), grey, resize=size is not None)

    def blocks() -> Iterator[np.ndarray]:
        iterator = enumerate(pictures())
        with ThreadPoolExecutor(num_cores()) as pool:
            while batch := [item for _, item in zip(range(block), iterator, strict=False)]:
                yield np.stack(list(pool.map(read, batch)))

    return decoded(f"pictures-{'resized' if size else 'plain'}-{facts}", sources, shape, np.uint8, blocks)


def as_array(picture: Any, name: str, size: Size, grey: bool, resize: bool) -> np.ndarray:
    """(H, W, 1 or 3) uint8.  Transparency is ignored; 16 bits become 8."""
    from PIL import Image

    if grey and picture.mode not in GREY_MODES:
        raise DataError(f"{name} has colours (mode {picture.mode}) but the first picture is grey. Save all pictures "
                        "with the same number of channels.")
    if picture.mode.startswith(("I", "F")):  # Pillow would clip these at 255
        picture = Image.fromarray(_as_bytes(np.asarray(picture), name))
    picture = picture.convert("L" if grey else "RGB")
    if resize:
        picture = picture.resize((size[1], size[0]), Image.Resampling.LANCZOS)
    elif (picture.height, picture.width) != size:
        raise DataError(f"{name} is {picture.width} x {picture.height} pixels, the first picture {size[1]} x {size[0]}."
                        " Bind custom_data.resize = 64, or [HEIGHT, WIDTH], to resize all pictures.")
    return np.asarray(picture).reshape(*size, 1 if grey else 3)


def _as_bytes(pixels: np.ndarray, name: str) -> np.ndarray:
    if pixels.dtype.kind not in "iu" or pixels.min() < 0 or pixels.max() > 65535:
        raise DataError(f"{name} has pixels of type {pixels.dtype} from {pixels.min()} to {pixels.max()}; expected 8 "
                        "or 16 bits per channel.")
    return (pixels.astype(np.float64) / 257).round().astype(np.uint8)
