"""Networks that were trained on (x - mean) / std, made to take and to give images in [0, 1]."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ..foreign.graph_description import Statistics

# Mean and standard deviation of every channel over the whole data set, as disent's configurations have them.
STATISTICS: dict[str, Statistics] = {
    "dsprites_full": ((0.042494423521889584,), (0.19516645880626055,)),
    "shapes3d": ((0.502584966788819, 0.5787597566089667, 0.6034499731859578),
                 (0.2940814043555559, 0.3443979087517214, 0.3661685981524748)),
    "cars3d": ((0.8976676149976628, 0.8891658020067508, 0.885147515814868),
               (0.22503195531503034, 0.2399461278981261, 0.24792106319684404)),
    "smallnorb": ((0.7520918401088603,), (0.09563879016827262,)),
    "mpi3d_toy": ((0.22437325567325045, 0.22141877351640138, 0.22625457849943273),
                  (0.0690013611690731, 0.06343387069571882, 0.07607519758722009)),
    "mpi3d_realistic": ((0.17986945797157425, 0.20474678611954758, 0.18148154235228137),
                        (0.08746476487506775, 0.09330995330831938, 0.09242232801328121)),
    "mpi3d_real": ((0.12848577057593918, 0.1648033279246875, 0.13971583058948006),
                   (0.09329210572942123, 0.09203401520672466, 0.10322983729706256)),
}


class Normalised(nn.Module):
    """A network behind (x - mean) / std, channel by channel."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, network: nn.Module, mean: Sequence[float], std: Sequence[float]):
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).reshape(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32).reshape(1, -1, 1, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.network((images - self.mean) / self.std)


class Denormalised(Normalised):
    """A decoder of images (x - mean) / std, made to give images in [0, 1]."""

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        return (self.network(codes) * self.std + self.mean).clamp(0, 1)
