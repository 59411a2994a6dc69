"""`unbraid.export(...)`: the package `export` is a module that can be called."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import torch

    from ..ground_truth.catalogue.given_data import GivenData
    from ..ground_truth.ground_truth_data import GroundTruthData
    from .files.record import Record

NUM_IMAGES = 64  # drawn from the data set to verify an export where no images are given


class CallablePackage(ModuleType):
    """The package `unbraid.export`; calling it exports an encoder."""

    def __call__(self, encoder: torch.nn.Module, path: str | Path, *, images: np.ndarray | None = None,
                 data: str | Path | GroundTruthData | None = None, **options: Any) -> Record:
        """Exports an encoder as TorchScript, ONNX and `torch.export`, each verified on real images.

        Args:
            encoder: from images (N, C, H, W) float32 in [0, 1] to codes (N, D), or to (mean, log-variance); a module
                whose `encode` and `decode` are used if it has them, or a method of one.
            path: folder of the run, in which `representation/` is written.
            images: (n, H, W, C) or (n, C, H, W) float32 in [0, 1], at least 8 of the data set; by default drawn from
                `data`.
            data: name of the data set, or path of own images, which the files record; or a data set object, which
                they cannot name.
            options: of `export_representation`, such as decoder, method and overwrite.

        Returns:
            The record that is written into the files.

        Raises:
            UserError: then nothing is written.

        >>> import tempfile, torch, unbraid
        >>> encoder = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64 * 64, 2))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     record = unbraid.export(encoder, folder + "/mine", data="dsprites_full", formats=["torchscript"])
        >>> record.num_latents
        2
        """
        from ..common.configuration.parsing import configured
        from ..ground_truth.catalogue.given_data import given_data
        from .writing.exporter import export_representation

        given = None if data is None else given_data(data)
        with configured((), given.bindings if given else ()):  # own data are recorded as gin names them
            drawn = _drawn(given) if images is None or given else images
            return export_representation(encoder, Path(path) / "representation", drawn if images is None else images,
                                         data_set=given.name if given and not given.made else None, **options)


def _drawn(given: GivenData | None) -> np.ndarray:
    """Images of a data set.  Raises UserError without one."""
    import numpy as np

    from ..common.errors import UserError

    if given is None:
        raise UserError("unbraid.export verifies files on real images: give images=, an array (n, H, W, C) of float32 "
                        "in [0, 1], or data=, a data set to draw them from.")
    return np.asarray(given.open().sample_observations(NUM_IMAGES, np.random.RandomState(0)), dtype=np.float32)
