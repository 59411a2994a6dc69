"""Runs in Weights & Biases: in the project of WANDB_PROJECT or "unbraid"; WANDB_MODE=offline needs no network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROJECT = "unbraid"
STEP = "global_step"


class WandbTracker:
    """One run, whose numbers are shown over the training's global step.

    The step is logged as a number of its own: W&B drops what is logged at an earlier step of its own count, which a
    resumed run does."""

    def __init__(self, run: Any):
        self.run, self.run_id = run, str(run.id)

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Takes numbers by name, at a global step."""
        self.run.log({**values, STEP: step})

    def close(self, finished: bool) -> None:
        """Ends the run."""
        self.run.finish(exit_code=0 if finished else 1)


def start(model_dir: Path, parameters: Mapping[str, Any], run_id: str | None) -> WandbTracker:
    """A new run, or the one to go on with, whose files lie in the model's folder."""
    import wandb

    run = wandb.init(project=os.environ.get("WANDB_PROJECT", PROJECT), dir=str(model_dir), id=run_id,
                     resume=None if run_id is None else "allow", reinit="create_new")
    run.config.update({**parameters, "model_dir": str(model_dir.resolve())}, allow_val_change=True)
    run.define_metric(STEP)
    run.define_metric("*", step_metric=STEP)
    return WandbTracker(run)
