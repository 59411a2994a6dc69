"""Falcor3D and Isaac3D: a living room and a kitchen, rendered (Nie et al., Semi-Supervised StyleGAN, ICML 2020).

The page of the data sets numbers the images of Isaac3D by weights that do not fit the order in which it lists the
factors; the weights, its demonstration script and the traversals beside it agree, and are followed here.
"""

from __future__ import annotations

from ...common.errors import DataError
from ..bases.stored_grid import StoredGrid
from ..catalogue.about import About
from ..files.pictures.resized_folder import find_pictures, resized_pictures
from ..registry import register

HOME = "https://github.com/NVlabs/High-res-disentanglement-datasets"
MANUAL = ("Google Drive asks before it gives large files: fetch the version of 128 x 128 pixels from the links at "
          f"{HOME} in a browser and unpack it in the data folder, so that ")


class NumberedPictures(StoredGrid):
    """Pictures 000000.png, 000001.png, ... in the order of the grid, of any size; resized to 64 x 64 with a bicubic
    filter, as InfoMEC's papers do."""

    name: str
    about: About
    image_shape = (64, 64, 3)

    def __init__(self) -> None:
        paths = find_pictures(self.name, self.about)
        if len(paths) != self.num_images or paths[-1].stem != f"{self.num_images - 1:06}":
            raise DataError(f"{paths[0].parent} has {len(paths)} pictures, the last one {paths[-1].name}; {self.name} "
                            f"has {self.num_images}, from 000000.png to {self.num_images - 1:06}.png. Unpack it again.")
        self.images = resized_pictures(paths, "RGB", "bicubic")


@register("falcor3d")
class Falcor3D(NumberedPictures):
    """233,280 images of a living room, of which the light and the camera change."""

    name = "falcor3d"
    about = About(HOME, "CC BY 4.0", layouts=("Falcor3D_down128/images/*.png", "falcor3d/images/*.png",
                                              "Falcor3D/images/*.png"),
                  manual=f"{MANUAL}Falcor3D_down128/images/000000.png is there.")
    grid_factor_names = ("lighting_intensity", "lighting_x_direction", "lighting_y_direction", "lighting_z_direction",
                         "camera_x", "camera_y", "camera_z")
    grid_factor_sizes = (5, 6, 6, 6, 6, 6, 6)


@register("isaac3d")
class Isaac3D(NumberedPictures):
    """737,280 images of a robot arm and an object in a kitchen."""

    name = "isaac3d"
    about = About(HOME, "CC BY 4.0", layouts=("Isaac3D_down128/images/*.png", "isaac3d/images/*.png",
                                              "Isaac3D/images/*.png"),
                  manual=f"{MANUAL}Isaac3D_down128/images/000000.png is there.")
    grid_factor_names = ("object_shape", "robot_x", "robot_y", "camera_height", "object_scale", "lighting_intensity",
                         "lighting_y_direction", "object_color", "wall_color")
    grid_factor_sizes = (3, 8, 5, 4, 4, 4, 6, 4, 4)
