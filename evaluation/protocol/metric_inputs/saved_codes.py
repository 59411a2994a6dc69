"""The codes of all images of a data set, kept in a file, so that later metrics, presets and seeds encode nothing."""

from __future__ import annotations

import json
import logging
import zipfile
from pathlib import Path
from typing import cast

import numpy as np

from ....common.disk.files import atomic_file
from ....common.errors import UserError
from ....common.fingerprint import Fingerprint
from ....ground_truth.all_images import count_images, indices_in_order
from ....ground_truth.ground_truth_data import GroundTruthData
from ....ground_truth.observations import LazyObservations, Renderer
from ...sampling.code_table import LARGEST_GRID, CodeTable

logger = logging.getLogger(__name__)


def save_codes(table: CodeTable, data: GroundTruthData, name: str, path: Path, made_by: Fingerprint) -> None:
    """Writes the codes of all images of a data set in its order; those that no metric has asked for are encoded now.

    A file that holds the same codes already is kept.

    Args:
        name: of the data set, which `unbraid-evaluate --codes` reads from the file.
        made_by: see `codes_fingerprint`.

    Raises UserError as `check_can_be_kept` does."""
    check_can_be_kept(table, data, name)
    if _read(path, made_by) is not None:
        return
    codes = table(LazyObservations(cast(Renderer, data), indices_in_order(data)))
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, codes=codes, data_set=np.array([name]), made_by=np.array([_text(made_by)]))


def check_can_be_kept(table: CodeTable, data: GroundTruthData, name: str) -> None:
    """Raises UserError for images that are no list, or too many, and for a model that draws random numbers."""
    if not table.cached:
        raise UserError("--save_codes keeps one code for each image, but this model answers differently each time. "
                        "Leave out --save_codes.")
    try:
        number = count_images(data)
    except UserError:
        raise UserError(f"--save_codes keeps one code for each image, but the images of {name} are not a finite list: "
                        "each is drawn anew. Leave out --save_codes.") from None
    if number > LARGEST_GRID:
        raise UserError(f"--save_codes keeps the codes of all images, of which {name} has {number:,}; the most is "
                        f"{LARGEST_GRID:,}. Leave out --save_codes.")


def recall_codes(table: CodeTable, data: GroundTruthData, path: Path, made_by: Fingerprint) -> None:
    """Fills a table from a file that `save_codes` wrote with the same fingerprint; does nothing for any other file."""
    if not table.cached or (getattr(data, "num_images", None) or LARGEST_GRID + 1) > LARGEST_GRID:
        return
    codes = _read(path, made_by)
    if codes is not None and len(codes) == count_images(data):
        table.fill(data, indices_in_order(data), codes)
        logger.info("The codes of %d images are those of %s.", len(codes), path)


def _read(path: Path, made_by: Fingerprint) -> np.ndarray | None:
    """The codes of a file; None for a missing or damaged one, and for one that was made otherwise."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return file["codes"] if str(file["made_by"][0]) == _text(made_by) else None
    except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile):
        return None


def _text(made_by: Fingerprint) -> str:
    return json.dumps(made_by, sort_keys=True)
