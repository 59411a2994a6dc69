"""Linear baselines: PCA and ICA of pixels, exported and scored like any model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ..common.errors import UnknownNameError, UserError
from ..ground_truth.registry import data_sets
from .files.record import Record
from .fitting import fit_ica
from .formats import FORMAT_NAMES
from .postprocessing.affine import AffineMap
from .writing.exporter import export_representation

KINDS = ("pca", "ica")
NUM_VERIFIED = 64  # images on which the exported files are compared


class PixelDecoder(nn.Module):
    """Maps pixels (N, C H W) to images (N, C, H, W), clipped to [0, 1]."""

    def __init__(self, image_shape: Sequence[int]):
        super().__init__()
        self.image_shape = tuple(image_shape)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels.clamp(0, 1).unflatten(1, self.image_shape)


def export_pixel_baseline(kind: str, data_set: str, output_dir: str | Path, *, num_latents: int = 10,
                          num_points: int = 10_000, random_seed: int = 0, formats: Sequence[str] = FORMAT_NAMES,
                          overwrite: bool = False) -> Record:
    """Fits PCA or ICA on the pixels of a data set's images and exports it with its decoder.

    Args:
        kind: "pca" for principal components, or "ica" for independent components (FastICA) of these; both with
            variance 1 in each code, so that traversals from -2 to 2 are in range.
        data_set: name of the data set.
        output_dir: folder to write.
        num_latents: number of codes.
        num_points: number of images, drawn uniformly, that the map is fitted on.
        random_seed: seed of the draw and of the solvers.
        formats: files to write.
        overwrite: whether an existing folder is replaced.

    Returns:
        The record of the exported representation.

    Raises:
        UserError: for an unknown kind or data set, or more latents than the images vary in; nothing is written."""
    if kind not in KINDS:
        raise UnknownNameError("baseline", kind, KINDS)
    random_state = np.random.RandomState(random_seed)
    observations = data_sets()[data_set]().sample_observations(num_points, random_state)
    images = np.asarray(observations, dtype=np.float32)
    pixels = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    pixel_map = fit_pixels(kind, pixels, num_latents, random_state)
    shape = (images.shape[3], *images.shape[1:3])
    return export_representation(nn.Flatten(), output_dir, images[:NUM_VERIFIED], method=f"{kind} of pixels",
                                 postprocessing=pixel_map, decoder=PixelDecoder(shape), data_set=data_set,
                                 formats=formats, overwrite=overwrite)


def fit_pixels(kind: str, pixels: np.ndarray, num_latents: int, random_state: np.random.RandomState) -> AffineMap:
    """Returns the map from pixels (n, P) to codes (n, num_latents), each of variance 1."""
    from sklearn.decomposition import PCA

    if not 1 <= num_latents < min(pixels.shape):
        raise UserError(f"The baseline wants {num_latents} latents of {pixels.shape[0]} images with {pixels.shape[1]} "
                        f"pixels; expected 1 to {min(pixels.shape) - 1}.")
    pca = PCA(num_latents, whiten=True, svd_solver="arpack", random_state=random_state).fit(pixels.astype(np.float64))
    deviations = np.sqrt(pca.explained_variance_)
    whitening = AffineMap(pca.mean_, pca.components_.T / deviations, np.zeros(num_latents),
                          pca.components_ * deviations[:, None], {"name": "pca", "num_components": num_latents})
    if kind == "pca":
        return whitening
    unmixing = fit_ica(whitening(pixels), random_state)
    return AffineMap(pca.mean_, whitening.matrix @ unmixing.matrix, -unmixing.center @ unmixing.matrix,
                     unmixing.inverse @ whitening.inverse, unmixing.description)
