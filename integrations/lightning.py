"""Scores in the training of a Lightning module, logged to the trainer's loggers.

    from unbraid.integrations.lightning import ScoreCallback
    trainer = lightning.Trainer(callbacks=[ScoreCallback(scorer, every_n_steps=500)])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
except ImportError:
    try:
        from pytorch_lightning import Callback, LightningModule, Trainer
    except ImportError:
        raise ImportError("unbraid.integrations.lightning needs Lightning: pip install 'unbraid[lightning]'.") from None

from ..evaluation.api.scorer import Scorer
from .schedule import ScheduledScorer


class ScoreCallback(Callback):  # type: ignore[misc]
    """Scores the module every so many steps or epochs; the training's weights come out the same.

    Scores go to every logger of the trainer and to `trainer.callback_metrics`, where a `ModelCheckpoint` or
    `EarlyStopping` finds them: `monitor="unbraid/mig/discrete_mig"`.  Every process of a distributed training computes
    them, one logs them."""

    def __init__(self, scorer: Scorer, encoder: Callable[[LightningModule], Any] | None = None, *,
                 every_n_steps: int | None = None, every_n_epochs: int | None = None, prefix: str = "unbraid/"):
        """Sets up the callback.

        Args:
            scorer: an `unbraid.Scorer`.
            encoder: makes the encoder of the module, such as `lambda module: module.encoder`; by default the module.
            every_n_steps, every_n_epochs: one of them; steps are the trainer's global steps.
            prefix: of the names of scores.

        Raises UserError unless one interval is given."""
        super().__init__()
        self.schedule = ScheduledScorer(scorer, encoder, every_n_steps, every_n_epochs, prefix)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *batch: Any, **more: Any) -> None:
        """Scores where a step is due."""
        self._log(trainer, pl_module, self.schedule.after_step(pl_module, trainer.global_step))

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Scores where an epoch is due."""
        self._log(trainer, pl_module, self.schedule.after_epoch(pl_module, trainer.current_epoch + 1))

    @staticmethod
    def _log(trainer: Trainer, pl_module: LightningModule, scores: dict[str, float]) -> None:
        if not scores:
            return
        # `log_dict` would pass them to the loggers only at multiples of the trainer's `log_every_n_steps`.
        pl_module.log_dict(scores, logger=False)
        for logger in trainer.loggers:
            logger.log_metrics(scores, step=trainer.global_step)
