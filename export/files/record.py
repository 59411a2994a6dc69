"""The metadata record inside every artifact that unbraid writes (docs/interface.md)."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
from typing import Annotated, Any, Literal

from ...common.checking.values import Interval
from ...common.disk.reading import parse_json
from ...common.errors import UserError
from ..errors import ArtifactError

FORMAT_VERSION = 1
RECORD_NAME = "unbraid.json"

Size = Annotated[int, Interval(1, 65536)]
SCHEMA: dict[str, Any] = {
    "kind": Literal["representation", "posterior", "decoder"], "image_shape": tuple[Size, Size, Size],
    "num_latents": Size, "representation": str, "postprocessing": dict[str, Any] | None,
    "columns": list[str] | None, "image_layout": str, "value_range": tuple[float, float], "method": str | None,
    "data_set": str | None, "gin_config": str, "source": dict[str, str] | None,
    "largest_difference": float | None, "batch_dependence": float | None, "versions": dict[str, str],
    "format_version": Annotated[int, Interval(1)]}
REQUIRED = {"kind", "image_shape", "num_latents", "format_version"}


def library_versions() -> dict[str, str]:
    """Versions of what an artifact or a score depends on, as far as it is installed."""
    versions = {}
    for name in ("unbraid", "torch", "onnx", "onnxruntime", "onnxruntime-gpu", "numpy", "scikit-learn", "scipy"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


@dataclasses.dataclass(frozen=True)
class Record:
    """What an artifact says of itself.

    kind: "representation" (images to codes), "posterior" (images to mean and log-variance) or "decoder" (codes to
    images).  image_shape: [C, H, W].
    postprocessing: name and settings of the map that made codes of the posterior's mean; None where nothing did.
    columns: what a posterior's columns hold, num_latents of each in this order; None for the other kinds.
    data_bindings: what gin was told of the user's own data, such as `custom_data.path = '...'`.
    source: for an imported model its format, project, file and sha256; None for one of ours.
    largest_difference: from the eager module, over all images it was verified on; None before verification.
    batch_dependence: largest change of a row's output by the other rows of its batch, 0 for none; None for exports of
    versions that did not look."""

    kind: str
    image_shape: list[int]
    num_latents: int
    representation: str = "mean"
    postprocessing: dict[str, Any] | None = None
    columns: list[str] | None = None
    image_layout: str = "NCHW"
    value_range: list[float] = dataclasses.field(default_factory=lambda: [0.0, 1.0])
    method: str | None = None
    data_set: str | None = None
    data_bindings: list[str] = dataclasses.field(default_factory=list)
    gin_config: str = ""
    source: dict[str, str] | None = None
    largest_difference: float | None = None
    batch_dependence: float | None = None
    versions: dict[str, str] = dataclasses.field(default_factory=library_versions)
    format_version: int = FORMAT_VERSION

    def to_json(self) -> str:
        """The record as JSON text, keys sorted."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True, indent=1)

    @classmethod
    def from_json(cls, text: str, path: object) -> Record:
        """Raises ArtifactError for a record that is damaged or of a newer format."""
        try:
            values = parse_json(text, f"{path}: the unbraid record inside", SCHEMA)
            missing = sorted(REQUIRED - values.keys())
            if missing:
                raise ArtifactError(f"{path}: the unbraid record inside has no {', '.join(missing)}.")
        except UserError as error:
            raise ArtifactError(f"{error} The record is damaged; export the model again.") from error
        if values["format_version"] > FORMAT_VERSION:
            raise ArtifactError(f"{path} has format version {values['format_version']}; this unbraid reads up to "
                                f"{FORMAT_VERSION}. Upgrade unbraid or export again.")
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{key: value for key, value in values.items() if key in known})
