"""What codes are made of a model's posterior: the postprocessing step of disentanglement_lib, by its gin names."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import gin
import numpy as np

from ...common.commands.wording import option
from ...common.configuration.parsing import bound, configured
from ...common.errors import ConfigurationError, UserError
from ...ground_truth import named_data  # noqa: F401  # gin has to know `dataset.name`, which export configs bind
from ..fitting import fit_ica, fit_pca_per_token, fit_whitening, read_linear_map
from .affine import AffineMap

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """The mean of the posterior or a sample of it, and perhaps an affine map of the mean.

    fit: from latents (num_points, D) and a random state to the map.  num_points: how many images it is fitted on."""

    statistic: str = "mean"
    fit: Callable[[np.ndarray, np.random.RandomState], AffineMap] | None = None
    num_points: int = 0


@gin.configurable("mean_representation")
def mean_representation() -> Recipe:
    """The mean of the posterior."""
    return Recipe()


@gin.configurable("sampled_representation")
def sampled_representation() -> Recipe:
    """A sample of the posterior, drawn anew at every call."""
    return Recipe("sample")


@gin.configurable("pca_representation")
def pca_representation(num_points: int = gin.REQUIRED, token_size: int | None = None,
                       num_components: int = 1) -> Recipe:
    """Principal components of each token of a vector-valued representation.  token_size: numbers in a token."""
    return Recipe("mean", lambda latents, _: fit_pca_per_token(latents, token_size, num_components), num_points)


@gin.configurable("ica_representation")
def ica_representation(num_points: int = gin.REQUIRED, num_components: int | None = None,
                       max_iterations: int = 1000) -> Recipe:
    """Independent components of the mean (FastICA).  num_components: default as many as latents."""
    return Recipe("mean", partial(fit_ica, num_components=num_components, max_iterations=max_iterations), num_points)


@gin.configurable("whitened_representation")
def whitened_representation(num_points: int = gin.REQUIRED, num_components: int | None = None) -> Recipe:
    """Principal components of the mean, each of variance 1.  num_components: default as many as latents."""
    return Recipe("mean", lambda latents, _: fit_whitening(latents, num_components), num_points)


@gin.configurable("linear_representation")
def linear_representation(path: str = gin.REQUIRED) -> Recipe:
    """mean @ matrix + offset, from a .npz file with these two arrays."""
    return Recipe("mean", lambda *_: read_linear_map(path))


@dataclass(frozen=True)
class Postprocessing:
    """A recipe and the seed of every draw that it takes."""

    recipe: Recipe
    random_seed: int = 0

    def fitted(self, encode: Callable[[Any], np.ndarray], data: Any, data_set: str | None) -> AffineMap | None:
        """The map for a model: `encode` takes observations of `data` to latents (n, D) or (n, T, V).

        Raises UserError where the map needs data that is not there, or does not fit the latents."""
        if self.recipe.fit is None:
            return None
        random_state = np.random.RandomState(self.random_seed)
        fitted_on: dict[str, Any] = {}
        latents = np.zeros((0, 0))
        if self.recipe.num_points:
            if data is None:
                raise UserError("This post-processing is fitted on images; name their data set with "
                                f"{option('data_set', 'NAME')}.")
            latents = encode(data.sample_observations(self.recipe.num_points, random_state))
            fitted_on = {"num_points": self.recipe.num_points, "random_seed": self.random_seed, "data_set": data_set}
        affine = self.recipe.fit(latents, random_state)
        logger.info("Codes are %s.", {**affine.description, **fitted_on})
        return dataclasses.replace(affine, description={**affine.description, **fitted_on})


@gin.configurable("postprocess")
def postprocess(postprocess_fn: Callable[[], Recipe] = gin.REQUIRED, random_seed: int = gin.REQUIRED,
                name: str = "") -> Postprocessing:
    """What is exported of a model.  random_seed: draws the images of the verification and of fits.  name: a note for
    the results."""
    del name
    return Postprocessing(postprocess_fn(), random_seed)


def postprocessing_of(statistic: str | None, gin_config_files: Sequence[str] = (),
                      gin_bindings: Sequence[str] = ()) -> Postprocessing | None:
    """The post-processing that gin names, or the plain `statistic`; None where neither is given.

    Raises ConfigurationError where both are."""
    with configured(gin_config_files, gin_bindings):
        if bound("postprocess.postprocess_fn") is None:
            return None if statistic is None else Postprocessing(Recipe(statistic))
        if statistic is not None:
            raise ConfigurationError(f"{option('representation', statistic)} and postprocess.postprocess_fn both say "
                                     "what is exported; give one of them.")
        return postprocess()
