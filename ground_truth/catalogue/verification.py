"""Checks of the data sets' files: checksums, decoded copies, published means, and dSprites against the renderer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...common.commands.command_line import progress
from ...common.disk.files import cache_directory
from ...common.errors import DataError
from ..bases.stored_grid import StoredGrid
from ..drawing.dsprites_raster import draw_sprites
from ..files.arrays import decoded
from ..files.arrays.array_file import ArrayFile
from ..files.dsprites_file import SpriteFile
from ..files.paths import find_file
from ..named_data import get_named_ground_truth_data
from ..sets.dsprites import Sprites
from .about import DataFile
from .descriptions import describe
from .downloads import checksum

BATCH = 4096
# disent's means are of the real files; two pixels in 128 million is how exactly the renderer meets its.
MEAN_TOLERANCE = 1e-6


def verify(name: str) -> Iterator[str]:
    """Yields a sentence for each check that passes.  Raises DataError at the first one that fails."""
    about = describe(name).about
    for file in about.files if about else ():
        yield from verify_file(file)
    data: Any = get_named_ground_truth_data(name)
    yield f"{name} opens: {getattr(data, 'num_images', 'any number of')} images of shape {data.observation_shape}."
    for attribute in vars(data).values():
        copy = attribute.packed if isinstance(attribute, SpriteFile) else attribute
        if isinstance(copy, ArrayFile) and cache_directory() in copy.path.parents:
            yield verify_copy(copy)
    if isinstance(data, Sprites):
        yield verify_sprites(data.sprites)
    elif about and about.means and isinstance(data, StoredGrid):
        yield verify_means(data, about.means)


def verify_file(file: DataFile) -> Iterator[str]:
    """Compares a file that is there with its pinned checksum."""
    path = find_file([file.path])
    pinned = [("md5", file.unpacked_md5)] if file.unpack else [("sha256", file.sha256), ("md5", file.md5)]
    known = [(algorithm, expected) for algorithm, expected in pinned if expected]
    if path is None or path.is_dir():
        return
    if not known:
        yield f"{path}: no source gives a checksum."
        return
    algorithm, expected = known[0]
    found = checksum(path, algorithm)
    if found != expected:
        raise DataError(f"{path} has the {algorithm} checksum {found}; expected {expected}. Fetch it again, or use it "
                        "knowing that it differs from the published file.")
    yield f"{path}: {algorithm} as published."


def verify_copy(copy: ArrayFile) -> str:
    """Compares a decoded copy with the checksum it was written with."""
    if not decoded.check(copy):
        raise DataError(f"{copy.path} is damaged: its checksum differs. Remove it; it is made again at the next use.")
    return f"{copy.path}: decoded copy intact."


def verify_sprites(sprites: Any) -> str:
    """Compares the images of a file with the renderer, one by one."""
    if not isinstance(sprites, SpriteFile):
        return "No dSprites file was found: the images are drawn (docs/data_sets.md says how exactly)."
    different, pixels = [], 0
    for indices in _batches(len(sprites.packed), "comparing with the renderer"):
        wrong = (sprites(indices) != draw_sprites(indices)).sum(axis=(1, 2, 3))
        different += indices[wrong > 0].tolist()
        pixels += int(wrong.sum())
    if different:
        raise DataError(f"{sprites.path} differs from the renderer in {len(different)} of {len(sprites.packed)} images "
                        f"and {pixels} pixels; the first such images are {different[:5]}. If this is the published "
                        "file, please report it: the renderer would be wrong there.")
    return f"{sprites.path}: all {len(sprites.packed)} images equal the renderer's, pixel for pixel."


def verify_means(data: Any, expected: tuple[float, ...]) -> str:
    """Compares the mean of each channel over all images with the published one."""
    total = np.zeros(data.observation_shape[-1])
    for indices in _batches(data.num_images, "reading all images"):
        total += data.raw(indices).sum(axis=(0, 1, 2), dtype=np.int64)
    found = total / (data.num_images * np.prod(data.observation_shape[:2]) * 255)
    if np.abs(found - expected).max() > MEAN_TOLERANCE:
        raise DataError(f"The mean of each channel is {found.tolist()}; disent states {list(expected)}. The file is of "
                        "another generation, or its images are damaged.")
    return "The mean of each channel over all images is the published one."


def _batches(num_images: int, what: str) -> Iterator[np.ndarray]:
    for start in progress(range(0, num_images, BATCH), desc=what):
        yield np.arange(start, min(start + BATCH, num_images))


