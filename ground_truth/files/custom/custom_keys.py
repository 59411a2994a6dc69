"""Which arrays of a user's file are the images, the factors and their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ....common.errors import DataError

# In order of precedence.  dSprites' own file has both latents_classes and latents_values.
IMAGES = ("images", "imgs", "image", "x")
FACTORS = ("factors", "labels", "classes", "latents_classes", "latents/classes", "latents", "targets", "factor_values",
           "latents_values", "latents/values", "y")
NAMES = ("factor_names", "label_names", "latents_names", "names")
SIZES = ("factor_sizes",)
# Of files with codes, in which "latents" are no factors.
CODES = ("codes", "representations", "representation", "embeddings", "features", "means", "mus", "mu", "latents", "z")
FACTORS_OF_POINTS = tuple(key for key in FACTORS if key not in CODES)


def find_key(keys: Sequence[str], chosen: str | None, known: Sequence[str], group: str = "") -> str | None:
    """The key `chosen`, or the first of the `known` ones: in `group`, at the top, or in the only group that has it.

    None where there is no such key.  Raises DataError when several groups have it."""
    if chosen is not None:
        return chosen
    for name in known:
        for key in (f"{group}{name}", name):
            if key in keys:
                return key
        nested = [key for key in keys if key.rpartition("/")[2] == name]
        if len(nested) == 1:
            return nested[0]
        if nested:
            raise DataError(f"Several arrays are called {name} ({', '.join(sorted(nested))}). Bind "
                            "custom_data.images_key and custom_data.factors_key to the right ones.")
    return None


def group_of(key: str) -> str:
    """The group of an HDF5 key with its slash, or nothing."""
    return key.rpartition("/")[0] + "/" if "/" in key else ""


def other_keys(path: Path, keys: Sequence[str], images_key: str) -> str:
    """What images without factors should say of the other arrays in their file."""
    others = sorted(set(keys) - {images_key})
    if not others:
        return (f"{path} holds nothing else: bind custom_data.factors_path to a file with a row of factors for each "
                "image (.npy, .csv).")
    return (f"{path} also holds {', '.join(others[:20])}: bind custom_data.factors_key to the array of factors, if one "
            "of them is.")
