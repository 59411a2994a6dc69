"""MPI3D: a robot arm holding an object, simulated and photographed (Gondal et al., arXiv:1906.03292).

Two generations of files are about.  disentanglement_lib believes every simulated file to be of the first one and shows
wrong images for the second; the number of images tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..bases.stored_grid import StoredGrid, open_grid
from ..catalogue.about import About, DataFile, require_file
from ..registry import register

CHALLENGE_SIZES = (4, 4, 2, 3, 3, 40, 40)
FINAL_SIZES = (6, 6, 2, 3, 3, 40, 40)
HOME = "https://github.com/rr-learning/disentanglement_dataset"
REHOSTED = "https://huggingface.co/datasets/waleedgondal/mpi3d/resolve/main"


def about_mpi3d(name: str, md5: str, means: tuple[float, ...], *more_layouts: str) -> About:
    """What the three downloadable variants have in common."""
    return About(
        home=HOME, licence="CC BY 4.0",
        files=(DataFile(f"{name}/{name}.npz", f"{REHOSTED}/{name}.npz", md5=md5),),
        layouts=(f"{name}/{name}.npz", f"mpi3d/{name}.npz", f"{name}.npz", f"{name}/{name}.h5", f"mpi3d/{name}.h5",
                 *more_layouts),
        means=means)


class MPI3D(StoredGrid):
    """A variant: its name, and the factor sizes its file may have."""

    name: str
    generations: Sequence[Sequence[int]] = (CHALLENGE_SIZES, FINAL_SIZES)
    about: About
    grid_factor_names = ("object_color", "object_shape", "object_size", "camera_height", "background_color",
                         "first_dof", "second_dof")
    grid_factor_sizes: Sequence[int] = FINAL_SIZES
    image_shape = (64, 64, 3)

    def __init__(self) -> None:
        sizes_by_number = {int(np.prod(sizes)): sizes for sizes in self.generations}
        meanings = {number: f"factor sizes {','.join(map(str, sizes))}" for number, sizes in sizes_by_number.items()}
        self.images = open_grid(require_file(self.name, self.about), self.image_shape, meanings, "images")
        self.grid_factor_sizes = sizes_by_number[len(self.images)]


@register("mpi3d_toy")
class MPI3DToy(MPI3D):
    """Simple rendering; the file of the 2019 challenge (460,800 images) or the final one (1,036,800)."""

    name = "mpi3d_toy"
    about = about_mpi3d(name, "55889cb7c7dfc655d6e0277beee88868",
                        (0.22437325567325045, 0.22141877351640138, 0.22625457849943273),
                        "mpi3d_toy/sim_toy_64x_ordered_without_heldout_factors.npz")


@register("mpi3d_realistic")
class MPI3DRealistic(MPI3D):
    """Realistic rendering; the file of the 2019 challenge (460,800 images) or the final one (1,036,800)."""

    name = "mpi3d_realistic"
    about = about_mpi3d(name, "59a6225b88b635365f70c91b3e52f70f",
                        (0.17986945797157425, 0.20474678611954758, 0.18148154235228137),
                        "mpi3d_realistic/sim_realistic_64x_ordered_without_heldout_factors.npz")


@register("mpi3d_real")
class MPI3DReal(MPI3D):
    """Photographs, 1,036,800 images.  Downloads before 2025-04-17 were corrupt; `unbraid-data verify` tells."""

    name = "mpi3d_real"
    generations = (FINAL_SIZES,)
    about = about_mpi3d(name, "0f33f609918fb5c97996692f91129802",
                        (0.12848577057593918, 0.1648033279246875, 0.13971583058948006))


@register("mpi3d_complex")
class MPI3DComplex(MPI3D):
    """Photographs of four everyday objects (cup, ball, croissant, beer cup) in four colours, 460,800 images."""

    name = "mpi3d_complex"
    generations = (CHALLENGE_SIZES,)
    grid_factor_sizes = CHALLENGE_SIZES
    about = About(
        HOME, "CC BY 4.0",
        layouts=("mpi3d_complex/mpi3d_real_complex.npz", "mpi3d_complex/mpi3d_complex.npz",
                 "mpi3d/mpi3d_real_complex.npz", "mpi3d_real_complex/mpi3d_real_complex.npz", "mpi3d_real_complex.npz"),
        manual="The home page links to Google Drive; put mpi3d_real_complex.npz from there into mpi3d_complex/.")
