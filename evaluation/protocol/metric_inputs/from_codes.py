"""What metrics see where codes are given instead of a model."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from ....export.errors import ArtifactError
from ....export.reading.codes_file import CodesFile
from ....ground_truth.bases.parts import whole
from ....ground_truth.files.custom.factor_files import Columns
from ....ground_truth.ground_truth_data import GroundTruthData
from ...sampling.code_table import CodeTable
from ...sampling.stored_codes import StoredCodes, check_order


class StoredViews:
    """The counterpart of `Views` for a file of codes, which holds neither a posterior nor divergences."""

    batch_dependence = 0.0

    def __init__(self, file: CodesFile, known_factors: tuple[Columns, Path] | None = None):
        """known_factors: of the rows, and their file, where the order of a data set can be checked by them."""
        self.file, self.known_factors = file, known_factors
        self._codes: dict[str, StoredCodes] = {}

    def codes(self, name: str, data_set: GroundTruthData) -> CodeTable:
        """The table of codes, for the data set of this name.  Raises UserError where the two do not fit together."""
        if name not in self._codes:
            short = name.partition(" ")[0]
            codes = StoredCodes(self.file.codes, whole(data_set), str(self.file.path), short, self.file.code_names)
            if self.known_factors:
                check_order(self.known_factors[0], whole(data_set), str(self.known_factors[1]), short)
            self._codes[name] = codes
        return self._codes[name]

    @contextlib.contextmanager
    def noise_from(self, seed: int) -> Iterator[None]:
        """Does nothing: codes in a file are not drawn."""
        yield

    def save_codes(self, name: str, data_set: GroundTruthData) -> None:
        """Does nothing: they are in a file."""

    def check_can_be_kept(self, name: str, data_set: GroundTruthData) -> None:
        """Does nothing: they are in a file."""

    def forget(self) -> None:
        """Does nothing: the codes are what was given."""

    def posterior(self) -> NoReturn:
        """Raises ArtifactError."""
        raise ArtifactError(f"{self.file.path} holds codes but no posterior, which this metric reads. Score the "
                            "exported model with --model_dir.")

    def autoencoder(self) -> NoReturn:
        """Raises ArtifactError."""
        raise ArtifactError(f"{self.file.path} holds codes but no decoder, which this metric needs. Score the exported "
                            "model with --model_dir.")

    def diverging(self, name: str, data_set: GroundTruthData) -> NoReturn:
        """Raises ArtifactError."""
        raise ArtifactError(f"{self.file.path} holds codes but no KL divergences, by which this metric chooses the "
                            "codes that it compares. Score the exported models with --model_dir.")
