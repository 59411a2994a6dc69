"""The codes of all images of a data set, kept in a file, so that later metrics and seeds need no model."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np

from ....common.disk.files import atomic_file
from ....common.errors import UserError
from ....ground_truth.all_images import count_images, indices_in_order
from ....ground_truth.ground_truth_data import GroundTruthData
from ....ground_truth.observations import LazyObservations, Renderer
from ...sampling.code_table import LARGEST_GRID, CodeTable


def save_codes(table: CodeTable, data: GroundTruthData, name: str, path: Path) -> None:
    """Writes the codes of all images of a data set in its order; those that no metric has asked for are encoded now.

    name: of the data set, which `unbraid-evaluate --codes` reads from the file.
    Raises UserError for images that are no list, or too many, and for a model that draws random numbers."""
    if not table.cached:
        raise UserError("--save_codes keeps one code for each image, but this model answers differently each time.")
    if (number := count_images(data)) > LARGEST_GRID:
        raise UserError(f"--save_codes keeps the codes of all images, of which {name} has {number:,}; the most is "
                        f"{LARGEST_GRID:,}.")
    codes = table(LazyObservations(cast(Renderer, data), indices_in_order(data)))
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, codes=codes, data_set=np.array([name]))
