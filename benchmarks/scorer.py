"""Seconds of processor time that a Scorer takes per call, by metric: python benchmarks/scorer.py [NUM_POINTS ...]

Each metric is called three times with a function that costs next to nothing and with disentanglement_lib's
convolutional encoder.  The first call draws the images; the table shows it, and the faster of the other two.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

import unbraid
from unbraid.common.commands.command_line import format_table

METRICS = ("mig", "modularity_explicitness", "sap_score", "unsupervised", "irs", "infomec")
NUM_POINTS = (1000, 10000)


def conv_encoder() -> nn.Module:
    """disentanglement_lib's, with ten latents."""
    sizes = ((1, 32, 4), (32, 32, 4), (32, 64, 2), (64, 64, 2))
    layers = [part for source, target, kernel in sizes
              for part in (nn.Conv2d(source, target, kernel, 2, kernel // 2 - 1 + kernel % 2), nn.ReLU())]
    return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(256), nn.ReLU(), nn.Linear(256, 10))


def free(images: np.ndarray) -> np.ndarray:
    """Codes (n, 10): a few sums of pixels."""
    return np.stack([images[:, start::11].mean(axis=(1, 2, 3)) for start in range(10)], axis=1)


def seconds(function: Callable[[], Any]) -> float:
    """Processor time of one call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def row(metric: str, num_points: int, encoder: Callable[..., Any], name: str) -> list[str]:
    """One line of the table."""
    scorer = unbraid.Scorer(data="dsprites_full", metrics=[metric], num_points=num_points)
    first, *later = (seconds(lambda: scorer(encoder)) for _ in range(3))
    return [metric, f"{num_points:,}", name, f"{first:.2f}", f"{min(later):.2f}"]


def main() -> None:
    """Prints the table."""
    torch.manual_seed(0)
    network = conv_encoder()
    network(torch.zeros(1, 1, 64, 64))
    unbraid.Scorer(data="dsprites_full", metrics=list(METRICS), num_points=100)(free)  # compiles loops, untimed
    rows = [row(metric, number, encoder, name) for number in map(int, sys.argv[1:] or NUM_POINTS)
            for metric in METRICS for name, encoder in (("free", free), ("convolutional", network))]
    print(format_table(["metric", "points", "encoder", "first call", "later calls"], rows))


if __name__ == "__main__":
    main()
