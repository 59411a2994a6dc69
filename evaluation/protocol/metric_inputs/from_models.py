"""What metrics see of a model: codes, posterior, reconstructions, or codes with their divergences.

Each image is encoded once."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ....common.numerics.generators import generators_kept
from ....export.errors import ArtifactError
from ....export.reading.artifact import Representation
from ....export.reading.decoder import Decoder, decoder_of
from ....export.reading.posterior import Posterior, posterior_of
from ....ground_truth.bases.parts import whole
from ....ground_truth.ground_truth_data import GroundTruthData
from ...sampling.code_table import CodeTable, Render, rendered
from ..score_fingerprint import codes_fingerprint
from .saved_codes import check_can_be_kept, recall_codes, save_codes

logger = logging.getLogger(__name__)

NUM_PROBES = 16  # images for the first two calls: whether rows are independent, and whether random numbers are drawn


class Autoencoder:
    """Posterior and decoder of one model."""

    def __init__(self, posterior: CodeTable, decoder: Decoder):
        self.posterior, self.decoder = posterior, decoder

    def __call__(self, observations: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns reconstructions (n, H, W, C) in [0, 1] of the posterior's means, the means (n, D) and the
        log-variances (n, D) of observations (n, H, W, C)."""
        means, log_variances = np.split(self.posterior(observations), 2, axis=1)
        # Logistic functions of some runtimes are a rounding error above 1.
        return np.clip(self.decoder(means), 0, 1), means, log_variances


class Views:
    """The tables of one representation, made on first use and kept for all metrics."""

    def __init__(self, representation: Representation, report: Callable[[int], Any] | None = None,
                 codes_file: Path | None = None, render: Render = rendered):
        """report: called with the number of images just encoded.  codes_file: where codes are kept between runs.

        render: makes the images of observations."""
        self.representation, self.report, self.codes_file = representation, report, codes_file
        self.render = render
        self._codes: dict[str, CodeTable] = {}
        self._posterior: CodeTable | None = None
        self._noise_seed, self._noise = 0, contextlib.ExitStack()
        self._opened: list[Representation | Posterior] = [representation]

    @property
    def batch_dependence(self) -> float:
        """The largest change of an image's codes or posterior by the other images of its batch; 0 for none so far."""
        return max(opened.batch_dependence or 0.0 for opened in self._opened)

    def codes(self, name: str, data_set: GroundTruthData) -> CodeTable:
        """Codes of the data set of this name; on first use the representation is asked twice for the same images."""
        if name not in self._codes:
            probes = np.asarray(data_set.sample_observations(NUM_PROBES, np.random.RandomState(0)), dtype=np.float32)
            with generators_kept():
                is_deterministic = self.representation.is_deterministic(probes)
            if not is_deterministic:
                logger.warning("%s answers differently to the same images; every image is encoded anew.",
                               self.representation.path)
            table = CodeTable(self.representation, cached=is_deterministic, report=self.report, render=self.render)
            if self.codes_file is not None:
                recall_codes(table, whole(data_set), self.codes_file,
                             codes_fingerprint(self.representation, name, data_set))
            self._codes[name] = table
        if not self._codes[name].cached:
            self._noise.enter_context(generators_kept())
            self.representation.seed_noise(self._noise_seed)
        return self._codes[name]

    @contextlib.contextmanager
    def noise_from(self, seed: int) -> Iterator[None]:
        """Within the block, codes that are drawn follow from the seed and not from what was drawn before."""
        self._noise_seed = seed
        with contextlib.ExitStack() as self._noise:
            yield

    def save_codes(self, name: str, data_set: GroundTruthData) -> None:
        """Writes the codes of all images of a data set to `codes_file`, see `saved_codes.save_codes`."""
        if self.codes_file is not None:
            save_codes(self.codes(name, data_set), data_set, name.partition(" ")[0], self.codes_file,
                       codes_fingerprint(self.representation, name, data_set))

    def check_can_be_kept(self, name: str, data_set: GroundTruthData) -> None:
        """Raises UserError where codes are to be kept in a file and cannot be, see `saved_codes.check_can_be_kept`."""
        if self.codes_file is not None:
            check_can_be_kept(self.codes(name, data_set), data_set, name.partition(" ")[0])

    def forget(self) -> None:
        """Frees the codes of all tables, which hold one row for each image of a data set."""
        for table in (*self._codes.values(), *([self._posterior] if self._posterior else [])):
            table.forget()

    def posterior(self) -> CodeTable:
        """Means and log-variances (n, 2 D) side by side, from the posterior that lies beside the representation.

        Raises ArtifactError where there is none."""
        if self._posterior is None:
            live = getattr(self.representation, "live_posterior", None)
            posterior = live() if live else posterior_of(self.representation)
            self._opened.append(posterior)
            self._posterior = CodeTable(lambda images: np.concatenate(posterior(images), axis=1), report=self.report,
                                        render=self.render)
        return self._posterior

    def autoencoder(self) -> Autoencoder:
        """The posterior together with the decoder that lies beside the representation.

        Raises ArtifactError where there is none of one of them."""
        if getattr(self.representation, "live_posterior", None):
            raise ArtifactError("A network in memory has no decoder, which this metric needs. Export the model "
                                "together with its decoder (unbraid.export, decoder=...), and give the path.")
        return Autoencoder(self.posterior(), decoder_of(self.representation))

    def diverging(self, name: str, data_set: GroundTruthData) -> Callable[[Any], tuple[np.ndarray, np.ndarray]]:
        """Observations to codes (n, D) and each code's KL divergence from the prior (D,), its mean over the n.

        The codes are the posterior's means.  Without a posterior they are the representation's, and all count as
        active, with a divergence of 1."""
        try:
            posterior = self.posterior()
        except ArtifactError:
            logger.warning("There is no posterior beside %s: every code counts as active in the comparison of models. "
                           "Export the model again with unbraid-export to have one.", self.representation.path)
            codes = self.codes(name, data_set)
            return lambda observations: (codes(observations), np.ones(codes(observations).shape[1]))

        def encode(observations: Any) -> tuple[np.ndarray, np.ndarray]:
            means, log_variances = np.split(posterior(observations), 2, axis=1)
            divergences = 0.5 * (np.square(means) + np.exp(log_variances) - log_variances - 1)
            return means, np.mean(divergences, axis=0)

        return encode
