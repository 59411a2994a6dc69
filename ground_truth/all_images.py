"""All images of a data set in order: for encoders outside unbraid, whose codes `unbraid-evaluate --codes` scores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..common.disk.files import atomic_file
from ..common.errors import UserError
from .bases.parts import DataPart, whole
from .observations import LazyObservations

BATCH_SIZE = 1024


def image_batches(data: Any, batch_size: int = BATCH_SIZE) -> Iterator[np.ndarray]:
    """Yields all images of a data set in its order, (batch_size, H, W, C) float32 in [0, 1] at a time.

    data: a data set, such as `get_named_ground_truth_data("dsprites_full")`.
    Raises UserError where images are no finite list, because each is drawn anew."""
    observations = observations_in_order(data)
    for start in range(0, len(observations), batch_size):
        yield np.asarray(observations[start:start + batch_size], dtype=np.float32)


def count_images(data: Any) -> int:
    """The number of images of a data set.  Raises UserError where they are no finite list."""
    num_images = getattr(data, "num_images", None)
    if num_images is None or data.sample_observations(1, np.random.RandomState(0)).draws is not None:
        raise UserError(f"The images of {type(data).__name__} are not a finite list: each is drawn anew. Encode them "
                        "as metrics draw them, with --model_dir.")
    return int(num_images)


def observations_in_order(data: Any) -> LazyObservations:
    """Returns all images of a data set, or of a part of one, in the order of the whole.

    Raises UserError as `count_images` does."""
    order = indices_in_order(whole(data))
    return LazyObservations(whole(data), order[data.holds(order)] if isinstance(data, DataPart) else order)


def indices_in_order(data: Any) -> np.ndarray:
    """The indices (num_images,) of all images in order: own images keep the order of their file.

    Raises UserError as `count_images` does."""
    indices = np.arange(count_images(data))
    return np.argsort(data.stored_rows(indices)) if hasattr(data, "stored_rows") else indices


def write_images(data: Any, output: Path, as_bytes: bool = False, report: Any = None) -> tuple[int, ...]:
    """Writes all images to an .npy file, a part at a time, and returns its shape (num_images, H, W, C).

    as_bytes: uint8 from 0 to 255, a quarter of the size; otherwise float32 in [0, 1].
    report: called with the number of images just written.
    Raises UserError where images are no finite list, or are not multiples of 1/255."""
    shape = (count_images(data), *data.observation_shape)
    dtype = np.dtype(np.uint8 if as_bytes else np.float32)
    with atomic_file(output) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": dtype.str, "fortran_order": False, "shape": shape})
        for images in image_batches(data):
            file.write(np.ascontiguousarray(_bytes(images) if as_bytes else images).tobytes())
            if report:
                report(len(images))
    return shape


def _bytes(images: np.ndarray) -> np.ndarray:
    found = np.rint(images * 255)
    if np.abs(found / 255 - images).max(initial=0) > 1e-6:
        raise UserError("These images are not multiples of 1/255, so bytes would change them. Leave out --uint8.")
    return found.astype(np.uint8)
