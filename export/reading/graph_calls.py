"""Calling an opened graph: images and codes as numpy has them, and one sentence for what does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...common.numerics.gpu_numerics import failure_of_device
from ..error_lines import telling_line
from ..errors import ArtifactError, DeviceError, InputMismatchError
from ..files.record import Record
from ..formats import Runner


def columns_of_images(runner: Runner, images: Any, path: Path) -> np.ndarray:
    """A graph's answer (n, columns) float32 to images (n, H, W, C) in [0, 1].

    Raises InputMismatchError when the graph refuses the images, ArtifactError when its answer is not 2-D."""
    images = np.asarray(images, dtype=np.float32)
    _check_shape(images.shape, runner.record, path)
    try:
        codes = runner(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    except ArtifactError:
        raise
    except Exception as error:
        if failure := failure_of_device(error):
            raise DeviceError(f"{path} failed on {len(images)} images. {failure}") from error
        raise InputMismatchError(f"{path} fails on images of shape (N, C, H, W) = {nchw(images.shape)}: "
                                 f"{telling_line(error)}") from error
    if codes.ndim != 2 or len(codes) != len(images) or not codes.shape[1] or codes.dtype.kind not in "fiub":
        raise ArtifactError(f"{path} returns codes of shape {codes.shape} and type {codes.dtype} for {len(images)} "
                            f"images; expected 2-D codes ({len(images)}, D).")
    return codes.astype(np.float32, copy=False)


def nchw(nhwc: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of channels-last images, channels first."""
    return (nhwc[0], nhwc[3], nhwc[1], nhwc[2])


def _check_shape(shape: tuple[int, ...], record: Record | None, path: Path) -> None:
    if len(shape) != 4:
        raise InputMismatchError(f"Images have shape {shape}; expected (N, H, W, C).")
    if record and tuple(record.image_shape) != nchw(shape)[1:]:
        made_for = f", data set {record.data_set}" if record.data_set else ""
        raise InputMismatchError(f"{path} was made for images (C, H, W) = {tuple(record.image_shape)}"
                                 f"{made_for}; this data set gives {nchw(shape)[1:]}.")
