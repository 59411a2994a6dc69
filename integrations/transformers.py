"""Scores in the training of a Hugging Face Trainer, logged to whatever it reports to.

    from unbraid.integrations.transformers import ScoreCallback
    trainer.add_callback(ScoreCallback(trainer, scorer, every_n_steps=500))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

try:
    from transformers import Trainer, TrainerCallback
except ImportError:
    raise ImportError("unbraid.integrations.transformers needs transformers: pip install 'unbraid[transformers]'."
                      ) from None

from ..evaluation.api.scorer import Scorer
from .schedule import ScheduledScorer


class ScoreCallback(TrainerCallback):  # type: ignore[misc]
    """Scores the model every so many steps or epochs; the training's weights come out the same.

    Scores are logged by `trainer.log`, so they are in `trainer.state.log_history` and go to all that `report_to`
    names."""

    def __init__(self, trainer: Trainer, scorer: Scorer, encoder: Callable[[Any], Any] | None = None, *,
                 every_n_steps: int | None = None, every_n_epochs: int | None = None, prefix: str = "unbraid/"):
        """Sets up the callback.

        Args:
            trainer: that logs the scores; its callbacks cannot log without it.
            scorer: an `unbraid.Scorer`.
            encoder: makes the encoder of the model, such as `lambda model: model.encode`; by default the model.
            every_n_steps, every_n_epochs: one of them; steps are the trainer's global steps.
            prefix: of the names of scores.

        Raises UserError unless one interval is given."""
        self.trainer = trainer
        self.schedule = ScheduledScorer(scorer, encoder, every_n_steps, every_n_epochs, prefix)

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **more: Any) -> None:
        """Scores where a step is due."""
        self._log(self.schedule.after_step(model, state.global_step))

    def on_epoch_end(self, args: Any, state: Any, control: Any, model: Any = None, **more: Any) -> None:
        """Scores where an epoch is due."""
        self._log(self.schedule.after_epoch(model, round(state.epoch)))

    def _log(self, scores: dict[str, float]) -> None:
        if scores:
            self.trainer.log(scores)
