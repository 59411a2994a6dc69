"""A few labelled images beside the endless unlabelled ones: the data of semi-supervised methods (arXiv:1905.01258)."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...common.errors import ConfigurationError
from ...ground_truth.ground_truth_data import GroundTruthData
from ...ground_truth.labellers import sample_supervised_data
from .batches import Batches
from .image_loader import ImageLoader
from .sending import send

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Supervision:
    """Which labels there are: the gin parameters `model.*` of a semi-supervised training, None where not given."""

    supervised_data_seed: int | None = None
    num_labelled_samples: int | None = None
    train_percentage: float | None = None

    def check(self, method: str) -> None:
        """Raises ConfigurationError unless everything is given and makes sense."""
        missing = [f"model.{name}" for name, value in vars(self).items() if value is None]
        if missing:
            raise ConfigurationError(f"{method} learns from labels too; it needs {', '.join(missing)}.")
        if self.num_labelled_samples < 1 or not 0 < self.train_percentage <= 1:  # type: ignore[operator]
            raise ConfigurationError(f"model.num_labelled_samples is {self.num_labelled_samples} and "
                                     f"model.train_percentage {self.train_percentage}; expected at least 1 and a share "
                                     "above 0 and at most 1.")


@dataclass(frozen=True)
class PartlyLabelled:
    """B images without labels and B with."""

    images: torch.Tensor
    """(B, C, H, W)."""
    labelled_images: torch.Tensor
    """(B, C, H, W): others."""
    labels: torch.Tensor
    """(B, F) float32, whole numbers: the labels of the labelled images."""


class LabelledImages:
    """All labelled images, drawn once: those to train on, then those to validate on."""

    def __init__(self, data: GroundTruthData, supervision: Supervision):
        """Draws with `supervised_data_seed`, as disentanglement_lib does, labels by the labeller that gin names."""
        if not data.factors_num_values:
            raise ConfigurationError(f"{type(data).__name__} has images only; semi-supervised methods need a "
                                     "dataset.name with known factors (unbraid-data list).")
        assert supervision.supervised_data_seed is not None
        assert supervision.num_labelled_samples is not None
        assert supervision.train_percentage is not None
        self.observations, self.labels, self.factor_sizes = sample_supervised_data(
            supervision.supervised_data_seed, data, supervision.num_labelled_samples)
        self.num_train = math.ceil(supervision.num_labelled_samples * supervision.train_percentage)
        if self.num_train == len(self.labels):
            logger.warning("All %d labels are trained on; the results' supervised_loss is that of the same labels.",
                           len(self.labels))

    def part(self, evaluation: bool) -> tuple[Any, np.ndarray]:
        """Observations and labels to train on, or to validate on where some are left for that."""
        kept = slice(self.num_train, None) if evaluation and self.num_train < len(self.labels) else slice(
            self.num_train)
        return self.observations[kept], self.labels[kept]


class PartlyLabelledBatches(Batches):
    """Unlabelled images without end, and the labelled ones in order, over and over."""

    def __init__(self, data: GroundTruthData, batch_size: int, seed: int, load: ImageLoader,
                 observations: Any, labels: np.ndarray):
        """observations, labels: the labelled images, as many of each."""
        super().__init__(data, batch_size, seed, load)
        self.observations, self.labels = observations, np.asarray(labels, dtype=np.float32)
        self.position = 0

    def __next__(self) -> PartlyLabelled:
        images = super().__next__()
        chosen = (self.position + np.arange(self.batch_size)) % len(self.labels)
        self.position = (self.position + self.batch_size) % len(self.labels)
        return PartlyLabelled(images, self.load(self.observations[chosen]), send(self.labels[chosen], images.device))

    def state(self) -> dict[str, Any]:
        return {**super().state(), "position_in_labelled": self.position}

    def restore(self, state: dict[str, Any]) -> None:
        super().restore(state)
        self.position = state["position_in_labelled"]
