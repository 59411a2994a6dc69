"""The loop: one for all methods."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch

from ...common.commands.signals import put_off, stop, stop_requested
from ..objectives.objective import Losses
from ..optimizers import ScheduledOptimizer
from .callbacks import Callback
from .kept import keep_checkpoint
from .log import NonFiniteLossError, Progress, TrainingLog
from .state import RunState


def run(state: RunState, training_steps: int, checkpoint_steps: int, log_steps: int,
        progress: Progress | None = None, callbacks: Sequence[Callback] = (), keep_steps: int | None = None) -> None:
    """Updates the model until the global step reaches `training_steps`; logs and saves at multiples of the others.

    keep_steps: updates between two checkpoints that stay beside the latest one; None keeps none.

    A signal ends it between two updates, with a checkpoint.  Raises Stopped then, and NonFiniteLossError, naming step,
    terms and the last good checkpoint."""
    log = TrainingLog(state.model_dir, state.step, training_steps, progress, state.pending_log)
    model, increment = state.model.train(), state.model.step_increment
    started = time.monotonic() - state.elapsed_time
    try:
        while state.step < training_steps:
            with put_off():  # a signal is heeded between two updates, where the state is whole
                losses = model(next(state.batches), state.step)
                update(losses, state.optimizers, state.step)
                log.add(state.step, increment, losses.terms)
                state.step += increment
                is_last, updates = state.step >= training_steps, state.step // increment
                due = [callback for callback in callbacks if callback.is_due(state.step)]
                if is_last or due or updates % log_steps == 0 or updates % checkpoint_steps == 0:
                    log.flush(state.step)
            for callback in due:  # before the checkpoint: what a kill takes away here, resuming makes again
                log.add_scores(state.step, callback(state.step))
            with put_off():
                is_kept = keep_steps is not None and updates % keep_steps == 0
                if is_last or is_kept or updates % checkpoint_steps == 0 or stop_requested():
                    state.elapsed_time, state.pending_log = time.monotonic() - started, log.pending()
                    state.save()
                if is_kept:
                    keep_checkpoint(state)
            if stop_requested():
                stop(f"{state.last_checkpoint()} is saved; go on from there with --resume.")
    except NonFiniteLossError as error:
        raise NonFiniteLossError(f"{error} Training stopped; the last good checkpoint is {state.last_checkpoint()}. "
                                 "Try a lower learning rate or smaller weights.") from None
    finally:
        log.close()


def update(losses: Losses, optimizers: dict[str, ScheduledOptimizer], step: int) -> None:
    """One step of every optimizer; all gradients are taken at the parameters before the update."""
    gradients = {}
    for number, (name, loss) in enumerate(losses.minimised.items(), start=1):
        gradients[name] = torch.autograd.grad(loss, optimizers[name].parameters, allow_unused=True,
                                              retain_graph=number < len(losses.minimised))
    for name, gradient in gradients.items():
        optimizers[name].step(gradient, step)
