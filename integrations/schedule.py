"""When a callback scores, and what it does with what it finds: alike for all libraries."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ..common.errors import UserError
from ..evaluation.api.scorer import Scorer

logger = logging.getLogger(__name__)


class ScheduledScorer:
    """Scores a model every so many steps or epochs.

    scorer: of the data.  encoder: makes the encoder of the model in training, such as `lambda model: model.encode`; by
    default the model itself.  every_n_steps, every_n_epochs: one of them.  prefix: of the scores' names."""

    def __init__(self, scorer: Scorer, encoder: Callable[[Any], Any] | None, every_n_steps: int | None,
                 every_n_epochs: int | None, prefix: str):
        """Raises UserError unless exactly one interval is given, of at least 1."""
        given = [value for value in (every_n_steps, every_n_epochs) if value is not None]
        if len(given) != 1 or not isinstance(given[0], int) or given[0] < 1:
            raise UserError(f"every_n_steps is {every_n_steps!r} and every_n_epochs {every_n_epochs!r}; expected one "
                            "of them, a whole number of at least 1.")
        if not callable(scorer):
            raise UserError(f"scorer is a {type(scorer).__name__}; expected an unbraid.Scorer.")
        self.scorer, self.encoder, self.prefix = scorer, encoder, prefix
        self.every_n_steps, self.every_n_epochs = every_n_steps, every_n_epochs
        self._last_step: int | None = None
        self._has_scores = False

    def after_step(self, model: Any, step: int) -> dict[str, float]:
        """Scores by name after an update that led to `step`; none where no score is due.

        A step that is reported again, as by batches whose gradients are accumulated, is scored once."""
        if self.every_n_steps is None or step == 0 or step % self.every_n_steps or step == self._last_step:
            return {}
        self._last_step = step
        return self._scores(model, f"step {step}")

    def after_epoch(self, model: Any, num_epochs: int) -> dict[str, float]:
        """Scores by name after so many epochs; none where no score is due."""
        if self.every_n_epochs is None or num_epochs % self.every_n_epochs:
            return {}
        return self._scores(model, f"epoch {num_epochs}")

    def _scores(self, model: Any, when: str) -> dict[str, float]:
        """The first scores raise what is wrong; later ones must not end a training, so it becomes a warning."""
        try:
            table = self.scorer(model if self.encoder is None else self.encoder(model))
        except UserError as error:
            if not self._has_scores:
                raise
            logger.warning("No scores at %s: %s", when, error)
            return {}
        self._has_scores = True
        return {f"{self.prefix}{name}": value for name, value in table.headlines.items()}
