"""`unbraid.Scorer`: scores inside anybody's training loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...common.errors import UserError
from ...metrics.estimators.jobs import num_jobs
from .given_points import GivenPoints
from .protocol_scores import ProtocolScores
from .score_table import ScoreTable
from .scoring import Chosen, names_of_metrics
from .undisturbed import undisturbed


class Scorer:
    """Scores an encoder every so often while it is trained; the training takes no notice.

    Data are read and points chosen once, when the scorer is made; images are drawn or decoded once, at the first call.
    While a module is scored it is in evaluation mode and records no gradients; afterwards its mode, and the random
    streams of Python, numpy and torch, are as before.  So a training ends with the same weights, scored or not.

    With the name of a data set the scores are those of `unbraid.evaluate` with the same metrics, seed and bindings, for
    num_points those of `METRIC.num_train` and `METRIC.num_test`.  With points of your own they are those of
    `unbraid.score` for their codes.

    >>> import numpy as np, unbraid
    >>> images = np.random.RandomState(0).rand(300, 8, 8, 1).astype(np.float32)
    >>> scorer = unbraid.Scorer(data=(images, (images[:, :1, :1, 0] > 0.5)[:, 0].astype(int)), metrics=["mig"])
    >>> list(scorer(lambda batch: batch.reshape(len(batch), -1)[:, :2]).headlines)
    ['mig/discrete_mig']
    """

    def __init__(self, data: Any, metrics: Chosen | str, seed: int = 0, *, num_points: int | None = None,
                 bindings: Sequence[str] | str = (), n_jobs: int | None = None):
        """Chooses the points.

        Args:
            data: the name of a data set, such as "dsprites_full", the path of own data, or an object with the members
                of disentanglement_lib's `GroundTruthData`; or points of your own: a pair (inputs, factors) of arrays or
                tensors with points in rows, a torch Dataset of such pairs, or batches of them, such as a DataLoader.
            metrics: with a data set, names of metric configs as for `unbraid.evaluate`; with points of your own, names,
                or a mapping of names to arguments, as for `unbraid.score`.
            seed: of the points and of everything that is random.
            num_points: with a data set, the points that each metric of points draws to train on, and half as many to
                test on, by default the published numbers; metrics that intervene keep theirs.  With points of your own,
                how many are taken: at random, or the first ones of batches; by default all.
            bindings: gin bindings that win over the configs of a data set's metrics, such as "mig.num_train = 1000".
            n_jobs: number of parallel jobs, None for the number of available cores.

        Raises:
            UserError: for unknown names, and for metrics that need more than the data can give."""
        names = names_of_metrics(metrics)
        if num_points is not None and (not isinstance(num_points, int) or num_points < 1):
            raise UserError(f"num_points is {num_points!r}; expected a whole number of at least 1.")
        chosen: Chosen = metrics if isinstance(metrics, Mapping) else names
        self.n_jobs = num_jobs(n_jobs)
        self._scores: ProtocolScores | GivenPoints
        with undisturbed(None):
            if isinstance(data, (str, Path)) or hasattr(data, "sample_factors"):
                if isinstance(chosen, Mapping):
                    raise UserError("metrics is a mapping, whose arguments are for points of your own; for a data set "
                                    "give names, and bindings=['mig.num_train = 1000'].")
                lines = [bindings] if isinstance(bindings, str) else bindings
                self._scores = ProtocolScores(data, chosen, seed, num_points, lines)
            else:
                if bindings:
                    raise UserError("bindings are for data sets; for points of your own give metrics a mapping, such "
                                    "as {'mig': {'num_bins': 10}}.")
                self._scores = GivenPoints(data, chosen, seed, num_points)

    def __call__(self, encoder: Callable[..., Any] | str | Path) -> ScoreTable:
        """Scores an encoder as it is now.

        encoder: a torch module, or a method of one, which is evaluated where its parameters lie; another function; or
        the path of an artifact.  For a data set, modules get images (N, C, H, W) and functions (N, H, W, C) float32 in
        [0, 1]; both return codes (N, D), or (mean, log-variance).  Points of your own are given as they are, arrays
        of images like those of a data set.

        Returns a `ScoreTable`; its `headlines` are plain numbers to log.
        Raises UserError for codes that cannot be used."""
        if not isinstance(encoder, (str, Path)) and not callable(encoder):
            raise UserError(f"encoder is a {type(encoder).__name__}; expected a torch module, a function of inputs, or "
                            "the path of an artifact.")
        with undisturbed(encoder):
            return self._scores(encoder, self.n_jobs)
