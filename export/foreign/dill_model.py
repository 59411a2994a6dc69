"""`python_model.dill` of the NeurIPS 2019 challenge kit: any Python function, pickled with its code."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from ...common.commands.wording import option
from ...common.numerics.generators import seed_generators
from ..errors import ArtifactError, MissingBackendError, UnsafeArtifactError
from ..formats.signature import UNKNOWN

logger = logging.getLogger(__name__)

FILE_NAME = "python_model.dill"


def find_dill(path: Path) -> Path | None:
    """The file, given itself or one of the kit's folders, where no other export lies beside it."""
    if path.suffix == ".dill" and path.is_file():
        return path
    return next((file for folder in (path, path / "representation") if (file := folder / FILE_NAME).is_file()), None)


class DillGraph:
    """The function as a graph: an array of images to an array of codes."""

    provider = "python"
    record = None
    signature = UNKNOWN

    def __init__(self, path: Path, allow_pickled_code: bool):
        """Raises UnsafeArtifactError unless code from the file may run."""
        if not allow_pickled_code:
            raise UnsafeArtifactError(f"{path} is a Python function pickled with its code. Reading it would run that "
                                      "code, so it is refused; if you trust where it comes from, add "
                                      f"{option('allow_pickled_code')}.")
        try:
            import dill
        except ImportError as error:
            raise MissingBackendError(f"Reading {path} needs dill: pip install dill.") from error
        logger.warning("Unpickling %s, which runs code from the file, as allowed.", path)
        try:
            self._function = dill.loads(path.read_bytes())
        except Exception as error:  # whatever the file's own code raises
            raise ArtifactError(f"{path} cannot be unpickled: {error}.") from error

    def seed_noise(self, seed: int) -> None:
        """See `seed_generators`."""
        seed_generators(seed)

    def all_outputs(self, values: np.ndarray, dtype: str) -> dict[str, Any]:
        """The one output, under the name 0."""
        return {"0": np.asarray(self._function(values.astype(dtype, copy=False)))}
