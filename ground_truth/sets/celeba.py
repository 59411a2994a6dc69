"""CelebA: 202,599 photographs of faces (Liu et al., ICCV 2015), squashed to 64 x 64."""

from __future__ import annotations

from ..bases.image_only import StoredImages
from ..catalogue.about import About, DataFile
from ..files.pictures.resized_folder import find_pictures, resized_pictures
from ..registry import register


@register("celeba")
class CelebA(StoredImages):
    """Resized as disentangling-vae does (Lanczos, no crop), without its second JPEG compression; ordered by name."""

    about = About(
        "http://mmlab.ie.cuhk.edu.hk/projects/CelebA.html", "non-commercial research only",
        (DataFile("celeba/img_align_celeba", "https://s3-us-west-1.amazonaws.com/udacity-dlnfd/datasets/celeba.zip",
                  sha256="46fb89443c578308acf364d7d379fe1b9efb793042c0af734b6112e4fd3a8c74",
                  unpack="zip:img_align_celeba"),),
        ("celeba/img_align_celeba/*.jpg", "CelebA/img_align_celeba/*.jpg", "CelebA/*/*.jpg", "img_align_celeba/*.jpg"))

    def __init__(self) -> None:
        self.images = resized_pictures(find_pictures("celeba", self.about), "RGB")
