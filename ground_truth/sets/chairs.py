"""3D Chairs: 1,393 chair models from 62 views on white (Aubry et al., CVPR 2014), 64 x 64 x 1."""

from __future__ import annotations

from ..bases.image_only import StoredImages
from ..catalogue.about import About, DataFile
from ..files.pictures.resized_folder import find_pictures, resized_pictures
from ..registry import register


@register("chairs")
class Chairs(StoredImages):
    """Resized as disentangling-vae does (Lanczos, no crop), without its JPEG compression; then grey."""

    about = About(
        "https://www.di.ens.fr/willow/research/seeing3Dchairs", "not stated by the authors",
        (DataFile("chairs/rendered_chairs",
                  "https://www.di.ens.fr/willow/research/seeing3Dchairs/data/rendered_chairs.tar",
                  unpack="tar:rendered_chairs"),),
        ("chairs/rendered_chairs/*/renders/*.png", "chairs/chairs_64/*/renders/*.png",
         "rendered_chairs/*/renders/*.png"))

    def __init__(self) -> None:
        self.images = resized_pictures(find_pictures("chairs", self.about), "L")
