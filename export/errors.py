"""What can be wrong with an artifact."""

from __future__ import annotations

from ..common.errors import UserError


class ArtifactError(UserError):
    """A file that is no usable exported representation."""


class NoModelError(ArtifactError):
    """A path that holds no model of any kind."""


class InputMismatchError(ArtifactError):
    """A representation whose input is not what the data set gives."""


class UnsafeArtifactError(ArtifactError):
    """A file that could run code when read."""


class BatchDependenceError(ArtifactError):
    """A graph whose output for one row depends on the other rows of the batch."""


class MissingBackendError(ArtifactError):
    """A runtime or device that is not here."""


class DeviceError(ArtifactError):
    """A GPU that ran out of memory or failed."""


class ExportMismatchError(ArtifactError):
    """An exported file that does not answer as the module it was made from."""
