"""Scores on given observations and labels instead of drawn ones (disentanglement_lib's validation variants)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...metrics.inputs import Arrays
from .points import RepresentationFunction, encode


def fixed_codes(observations: Any, labels: np.ndarray,
                representation_function: RepresentationFunction) -> tuple[np.ndarray, np.ndarray]:
    """Codes (n, num_codes) and factors (n, num_factors) of observations (n, H, W, C) and labels (num_factors, n).

    Raises UserError when the numbers of points differ."""
    if labels.ndim != 2 or labels.shape[1] != len(observations):
        raise UserError(f"Labels have shape {labels.shape} for {len(observations)} observations; expected "
                        f"(num_factors, {len(observations)}).")
    return encode(representation_function, observations), labels.T


def split_fixed_codes(observations: Any, labels: np.ndarray, representation_function: RepresentationFunction,
                      train_percentage: float) -> tuple[Arrays, Arrays]:
    """Train pair of codes and factors, then test pair: the first points, rounded up, are for training.

    Raises UserError when a part would be empty."""
    codes, factors = fixed_codes(observations, labels, representation_function)
    num_train = math.ceil(len(codes) * train_percentage)
    if not 0 < num_train < len(codes):
        raise UserError(f"train_percentage is {train_percentage}, which leaves {num_train} of {len(codes)} points for "
                        "training; expected a share that leaves some for both training and test.")
    return (codes[:num_train], factors[:num_train]), (codes[num_train:], factors[num_train:])
