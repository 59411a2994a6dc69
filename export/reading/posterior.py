"""What an export of ours holds beside the representation: the posterior."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ArtifactError
from ..files.locating import Located, sha256_of
from ..files.record import Record
from ..formats import FORMAT_NAMES, Runner
from .artifact import Representation, find_artifact, open_artifact
from .batch_dependence import RowCheck
from .graph_calls import columns_of_images


class Posterior:
    """The Gaussian posterior of a model: images (n, H, W, C) float32 in [0, 1] to mean and log-variance, (n, D) each.

    D are the latents of the model, whatever post-processing made codes of them."""

    def __init__(self, path: Path, runner: Runner, record: Record, allow_batch_dependence: bool = False):
        self.path, self.record = path, record
        self._runner = runner
        self._rows = RowCheck(path, allow_batch_dependence)

    @property
    def batch_dependence(self) -> float | None:
        """The largest change of an image's posterior by the other images of its batch; None before the first call."""
        return self._rows.difference

    def __call__(self, images: Any) -> tuple[np.ndarray, np.ndarray]:
        """Raises InputMismatchError when the images are not those the model was made for, and BatchDependenceError, on
        the first call, when the posterior of an image depends on the others."""
        def encode(batch: np.ndarray) -> np.ndarray:
            return columns_of_images(self._runner, batch, self.path)

        columns = encode(images)
        self._rows(encode, images)
        return columns[:, : self.record.num_latents], columns[:, self.record.num_latents :]


def load_posterior(path: str | Path, backend: str = "auto", device: str = "cpu",
                   allow_batch_dependence: bool = False) -> Posterior:
    """Opens the posterior of an exported model: `posterior.*`, or a folder or representation file it lies beside.

    backend, device, allow_batch_dependence: as for `load_representation`.
    Raises ArtifactError where there is none, saying why."""
    file, backend = _find_posterior(Path(path), backend, device)
    runner = open_artifact(file, backend, device)
    if runner.record is None or runner.record.kind != "posterior":
        found = f"a {runner.record.kind}" if runner.record else "somebody else's file, without a record of unbraid"
        raise ArtifactError(f"{file} is {found}; expected a posterior that unbraid-export wrote.")
    return Posterior(file, runner, runner.record, allow_batch_dependence)


def posterior_of(representation: Representation) -> Posterior:
    """Opens the posterior beside a representation: on its device, and in its format where there is one in that.

    Raises ArtifactError where there is none."""
    path, device, may_depend = representation.path, representation.device, representation.allow_batch_dependence
    if representation.backend in FORMAT_NAMES:
        with contextlib.suppress(ArtifactError):
            return load_posterior(path, representation.backend, device, may_depend)
    return load_posterior(path, "auto", device, may_depend)


def posterior_sha256(path: Path) -> str:
    """Content hash of the posterior that `load_posterior` opens; "" where there is none."""
    try:
        file, backend = _find_posterior(path)
    except ArtifactError:
        return ""
    return sha256_of(Located(file, backend))


def _find_posterior(given: Path, backend: str = "auto", device: str = "cpu") -> tuple[Path, str]:
    beside = given.parent if given.is_file() and given.stem != "posterior" else given
    return find_artifact(beside, backend, device, "posterior")
