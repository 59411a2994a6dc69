"""Shapes3D: one of four objects in a room, 480,000 images (Kim & Mnih, arXiv:1802.05983)."""

from __future__ import annotations

from ..bases.stored_grid import StoredGrid, open_grid
from ..catalogue.about import About, DataFile, require_file
from ..registry import register

REFERENCE_NPZ = "look-at-object-room_floor-hueXwall-hueXobj-hueXobj-sizeXobj-shapeXview-azi.npz"


@register("shapes3d")
class Shapes3D(StoredGrid):
    """From the public `3dshapes.h5`, or from the `.npz` that disentanglement_lib reads and nobody published."""

    about = About(
        home="https://github.com/google-deepmind/3d-shapes",
        licence="Apache-2.0",
        files=(DataFile("3dshapes/3dshapes.h5", "https://storage.googleapis.com/3d-shapes/3dshapes.h5",
                        sha256="0a0f6ed98baff276a50f3a081a7434d788da63cb135a98189b2a5b5769be1785",
                        md5="099a2078d58cec4daad0702c55d06868"),),
        layouts=(f"3dshapes/{REFERENCE_NPZ}", "3dshapes/3dshapes.h5", "3dshapes.h5", "shapes3d/3dshapes.h5",
                 "3dshapes/gen.3dshapes.h5"),
        means=(0.502584966788819, 0.5787597566089667, 0.6034499731859578),
    )
    grid_factor_names = ("floor_color", "wall_color", "object_color", "object_size", "object_type", "azimuth")
    grid_factor_sizes = (10, 10, 10, 8, 4, 15)
    image_shape = (64, 64, 3)

    def __init__(self) -> None:
        path = require_file("shapes3d", self.about)
        self.images = open_grid(path, self.image_shape, {self.num_images: "Shapes3D"}, "images")
