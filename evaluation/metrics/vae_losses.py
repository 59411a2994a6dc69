"""Reconstruction loss and KL divergences on images of a data set, or of a part of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gin
import numpy as np

from ...common.errors import ConfigurationError
from ...ground_truth.all_images import observations_in_order
from ...ground_truth.ground_truth_data import GroundTruthData
from ...ground_truth.observations import LazyObservations
from ...metrics.result import MetricResult
from ...metrics.scores.vae_losses import vae_losses
from ..settings.adapters import adapter

# From observations to reconstructions (n, H, W, C), means (n, D) and log-variances (n, D).
AutoencoderFunction = Callable[[Any], tuple[np.ndarray, np.ndarray, np.ndarray]]


@adapter(vae_losses, denylist=("ground_truth_data", "autoencoder_function", "random_state", "artifact_dir"))
def compute_vae_losses(ground_truth_data: GroundTruthData, autoencoder_function: AutoencoderFunction,
                       random_state: np.random.RandomState, artifact_dir: str | None = None,
                       num_images: int | None = gin.REQUIRED, loss: str = gin.REQUIRED,
                       image_range: tuple[int, int] | None = None, batch_size: int = 256) -> MetricResult:
    """Averages the losses over images; see `unbraid.metrics.vae_losses`.

    num_images: drawn uniformly, with replacement; None for all images of the data set or of the part `dataset.part`.
    image_range: instead of them the images from the first number up to, and without, the second, in the data set's
    order."""
    if image_range is not None:
        observations = _range(observations_in_order(ground_truth_data), *image_range)
    elif num_images is None:
        observations = observations_in_order(ground_truth_data)
    else:
        observations = ground_truth_data.sample_observations(num_images, random_state)
    totals: dict[str, float] = {}
    for start in range(0, len(observations), batch_size):
        part = observations[start:start + batch_size]
        found = vae_losses(np.asarray(part, dtype=np.float32), *autoencoder_function(part), loss=loss)
        totals = {key: totals.get(key, 0.0) + len(part) * value for key, value in found.items()}
    return MetricResult({key: total / len(observations) for key, total in totals.items()} | {
        "num_images": len(observations)})


def _range(observations: LazyObservations, first: int, end: int) -> LazyObservations:
    if not 0 <= first < end <= len(observations):
        raise ConfigurationError(f"vae_losses.image_range is ({first}, {end}); expected two numbers in increasing "
                                 f"order from 0 to {len(observations)}, the number of images.")
    return observations[first:end]
