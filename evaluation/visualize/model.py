"""What there is of an exported model to look at: decoder, encoder, posterior, symmetries, images of its data set."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np

from ...common.commands.wording import option
from ...common.configuration.parsing import bind, config_values, configured
from ...common.errors import MissingDataError, UserError
from ...export.errors import ArtifactError
from ...export.files.symmetries import Symmetries, load_symmetries
from ...export.reading.artifact import Representation, load_representation
from ...export.reading.decoder import DIFFERENTIABLE, Decoder, load_decoder
from ...export.reading.posterior import load_posterior
from ...ground_truth.catalogue.recorded import display_name, fall_back_on, recorded_bindings
from ...ground_truth.ground_truth_data import DataSet
from ...ground_truth.named_data import get_named_ground_truth_data
from .shared.kl import kl_per_code
from .shared.options import refuse_many

logger = logging.getLogger(__name__)

KL_IMAGES = 1000  # over which the KL divergence of each code is averaged
KL_SEED = 0
MAX_IMAGES = 256  # encoded at once


class MissingPartError(UserError):
    """Something that a picture needs and this model does not have; the message says how to get it."""


def no_progress(iterable: Any, **options: Any) -> Any:
    """Returns the iterable itself: the silent default of a progress bar."""
    del options
    return iterable


class Model:
    """The parts of one exported model, opened when first asked for."""

    def __init__(self, path: Path, backend: str = "auto", device: str = "cpu", data_set: str | None = None,
                 gin_bindings: tuple[str, ...] = ()):
        """path: a run, its `representation/`, or one exported file.  data_set: instead of the recorded one.
        gin_bindings: what the data set needs to be told, such as `custom_data.path`."""
        if not path.exists():
            raise ArtifactError(f"There is no {path}. Give a run, or a folder that holds an exported model.")
        self.path, self.backend, self.device = path, backend, device
        self._data_set, self._gin_bindings = data_set, gin_bindings
        self.progress: Callable[..., Any] = no_progress

    @property
    def folder(self) -> Path:
        """Where the exported files lie."""
        return self.decoder.path.parent

    @functools.cached_property
    def decoder(self) -> Decoder:
        """Raises ArtifactError where there is none."""
        return load_decoder(self.path, self.backend, self.device)

    @functools.cached_property
    def differentiable_decoder(self) -> Decoder | None:
        """The decoder in a format that torch runs; None where the export holds ONNX only."""
        for backend in DIFFERENTIABLE:
            try:
                return load_decoder(self.folder, backend, self.device)
            except ArtifactError as error:
                logger.info("%s", error)  # another format may be there
        return None

    @functools.cached_property
    def representation(self) -> Representation:
        """Raises MissingPartError where the folder holds none."""
        return self._open(load_representation, ("representation.*", "pytorch_model.pt"), "Images need an encoder.")

    @functools.cached_property
    def posterior(self) -> Callable[[Any], tuple[np.ndarray, np.ndarray]]:
        """Images (n, H, W, C) to mean and log-variance, (n, D) each.  Raises MissingPartError where there is none."""
        posterior = self._open(load_posterior, ("posterior.*",), "KL divergences need the posterior.")
        return lambda images: self._posterior_in_batches(posterior, images)

    @functools.cached_property
    def symmetries(self) -> Symmetries:
        """Raises MissingPartError for a model that learns none."""
        if not (symmetries := load_symmetries(self.folder)):
            raise MissingPartError(f"{self.folder} holds no symmetries.npz: only CFASL and Lie group VAEs learn group "
                                   "elements. One of those that was exported before unbraid wrote them is exported "
                                   "again with unbraid-export.")
        return symmetries

    @property
    def num_latents(self) -> int:
        return self.decoder.record.num_latents

    @property
    def data_set_name(self) -> str | None:
        return self._data_set or self.decoder.record.data_set

    @property
    def data_set_title(self) -> str:
        """What readers call the data set: own data by their name or file."""
        bindings = [*recorded_bindings(self.decoder.record), *self._gin_bindings]
        return display_name(self.data_set_name or "", config_values("\n".join(bindings)))

    @functools.cached_property
    def data(self) -> DataSet:
        """The data set.  Raises MissingPartError where none is named or its file is absent, or UserError."""
        if self.data_set_name is None:
            raise MissingPartError(f"Nothing says which data set {self.path} belongs to, and this needs its images. "
                                   f"Name it with {option('data_set', 'NAME')}.")
        with configured([], self._gin_bindings):
            bind("dataset.name", self.data_set_name)
            if self.data_set_name == self.decoder.record.data_set:
                fall_back_on(recorded_bindings(self.decoder.record), self.path)
            try:
                data = get_named_ground_truth_data()
            except MissingDataError as error:
                raise MissingPartError(f"This needs images of {self.data_set_name}. {error}") from error
        channels, height, width = self.decoder.record.image_shape
        if data.observation_shape != [height, width, channels]:
            raise UserError(f"The model makes images [H, W, C] = {[height, width, channels]}, but those of "
                            f"{self.data_set_name} are {data.observation_shape}. Name the data set that it was "
                            f"trained on with {option('data_set', 'NAME')}.")
        return cast(DataSet, data)  # of a name, so one of ours

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Codes (n, D) to images (n, H, W, C) in [0, 1].  Raises UserError for more images than a picture can hold."""
        refuse_many(len(codes), self.decoder.record.image_shape[1:])
        return np.clip(self.decoder(codes), 0, 1)

    def encode(self, images: Any) -> np.ndarray:
        """Images (n, H, W, C) to the codes (n, D) that the decoder takes: means of the posterior, or the representation
        where there is no posterior.

        Raises MissingPartError for a representation of another width, such as a post-processed one."""
        if self.has_posterior:
            return self.posterior(images)[0]
        codes = np.concatenate([self.representation(part) for part in self._parts(images)])
        if codes.shape[1] != self.num_latents:
            raise MissingPartError(f"{self.representation.path} gives {codes.shape[1]} codes, but the decoder takes "
                                   f"{self.num_latents}, and there is no posterior to take them from.")
        return codes

    @functools.cached_property
    def has_posterior(self) -> bool:
        try:
            self.posterior  # noqa: B018  (opens it)
        except MissingPartError:
            return False
        return True

    @functools.cached_property
    def kl(self) -> np.ndarray:
        """(D,) KL divergence of each code's posterior from N(0, 1) in nats, mean over 1000 images of the data set.

        Raises MissingPartError without posterior or data set."""
        posterior = self.posterior
        return kl_per_code(*posterior(self.data.sample_observations(KL_IMAGES, np.random.RandomState(KL_SEED))))

    @property
    def kl_if_known(self) -> np.ndarray | None:
        """`kl`, or None where posterior or data set are missing."""
        try:
            return self.kl
        except MissingPartError:
            return None

    def _open(self, load: Callable[..., Any], files: tuple[str, ...], need: str) -> Any:
        """Raises MissingPartError where none of the files is there, ArtifactError where one cannot be read."""
        try:
            return load(self.folder, self.backend, self.device, allow_batch_dependence=True)  # a warning is enough here
        except ArtifactError as error:
            if any(any(self.folder.glob(name)) for name in files):
                raise
            raise MissingPartError(f"{need} {error}") from error

    def _parts(self, images: Any) -> Iterator[np.ndarray]:
        """Batches of images; a bar shows where it takes long."""
        starts = range(0, len(images), MAX_IMAGES)
        for start in self.progress(starts, desc="encoding", unit="batch", leave=False):
            yield np.asarray(images[start : start + MAX_IMAGES], dtype=np.float32)

    def _posterior_in_batches(self, posterior: Callable[[Any], tuple[np.ndarray, np.ndarray]],
                              images: Any) -> tuple[np.ndarray, np.ndarray]:
        means, log_variances = zip(*map(posterior, self._parts(images)), strict=True)
        return np.concatenate(means), np.concatenate(log_variances)


def open_model(path: str | Path, backend: str = "auto", device: str = "cpu", data_set: str | None = None,
               gin_bindings: tuple[str, ...] = ()) -> Model:
    """A `Model` whose decoder is there.  Raises ArtifactError."""
    model = Model(Path(path), backend, device, data_set, gin_bindings)
    logger.info("Decoder %s with %d latents.", model.decoder.path, model.num_latents)
    return model
