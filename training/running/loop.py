"""The loop: one for all methods."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch

from ...common.commands.command_line import is_out_of_memory
from ...common.commands.signals import Stopped, put_off, stop, stop_requested
from ...common.commands.wording import option
from ...common.configuration.parsing import bound
from ...common.errors import ConfigurationError, UserError
from ..objectives.objective import Losses
from ..optimizers import ScheduledOptimizer
from ..tracking.trackers import Trackers
from .callbacks import Callback
from .kept import keep_checkpoint
from .log import NonFiniteLossError, Progress, TrainingLog
from .state import RunState, random_state, restore_random_state


def run(state: RunState, training_steps: int, checkpoint_steps: int, log_steps: int,
        progress: Progress | None = None, callbacks: Sequence[Callback] = (), keep_steps: int | None = None,
        trackers: Trackers | None = None) -> None:
    """Updates the model until the global step reaches `training_steps`; logs and saves at multiples of the others.

    keep_steps: updates between two checkpoints that stay beside the latest one; None keeps none.  trackers: told what
    TensorBoard is told.

    A signal ends it between two updates or in a callback, with a checkpoint.  Raises Stopped then, and
    NonFiniteLossError, naming step, terms and the last good checkpoint."""
    log = TrainingLog(state.model_dir, state.step, training_steps, progress, state.pending_log, trackers)
    model, increment = state.model.train(), state.model.step_increment
    started = time.monotonic() - state.elapsed_time
    try:
        if state.owes_callbacks:
            run_callbacks(_due(callbacks, state.step), state, log)
        while state.step < training_steps:
            with put_off():  # a signal is heeded between two updates, where the state is whole
                losses = model(next(state.batches), state.step)
                update(losses, state.optimizers, state.step)
                log.add(state.step, increment, losses.terms)
                state.step += increment
                is_last, updates = state.step >= training_steps, state.step // increment
                due = _due(callbacks, state.step)
                if is_last or due or updates % log_steps == 0 or updates % checkpoint_steps == 0:
                    log.flush(state.step)
            run_callbacks(due, state, log)
            with put_off():
                is_kept = keep_steps is not None and updates % keep_steps == 0
                if is_last or is_kept or updates % checkpoint_steps == 0 or stop_requested():
                    state.elapsed_time, state.pending_log = time.monotonic() - started, log.pending()
                    state.save()
                if is_kept:
                    keep_checkpoint(state)
            if stop_requested():
                stop(_how_to_go_on(state))
    except Stopped:
        if not state.owes_callbacks:
            raise
        with put_off():
            state.elapsed_time, state.pending_log = time.monotonic() - started, log.pending()
            state.save()
        stop(_how_to_go_on(state))
    except NonFiniteLossError as error:
        raise NonFiniteLossError(f"{error} Training stopped; the last good checkpoint is {state.last_checkpoint()}. "
                                 "Try a lower learning rate or smaller weights.") from None
    finally:
        log.close()


def run_callbacks(callbacks: Sequence[Callback], state: RunState, log: TrainingLog) -> None:
    """Logs what callbacks give at the state's step, before its checkpoint: what a kill takes away here, resuming makes
    again."""
    state.owes_callbacks = bool(callbacks)
    for callback in callbacks:
        log.add_scores(state.step, callback(state.step))
    state.owes_callbacks = False


def _due(callbacks: Sequence[Callback], step: int) -> list[Callback]:
    return [callback for callback in callbacks if callback.is_due(step)]


def _how_to_go_on(state: RunState) -> str:
    return f"{state.last_checkpoint()} is saved; go on from there with {option('resume')}."


def rehearse(state: RunState) -> None:
    """Computes the first update without making it: what memory, data or sizes do not allow is found before anything
    is written.  Weights, data stream and random generators are afterwards as they were.

    Raises ConfigurationError for networks that do not fit together or to the images."""
    weights = {name: tensor.clone() for name, tensor in state.model.state_dict().items()}
    stream, generators = state.batches.state(), random_state(state.is_on_gpu)
    try:
        gradients_of(state.model.train()(next(state.batches), state.step), state.optimizers)
    except (RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, UserError) or is_out_of_memory(error):
            raise
        raise ConfigurationError("The first update cannot be computed with the networks encoder.encoder_fn = "
                                 f"{bound('encoder.encoder_fn')} and decoder.decoder_fn = {bound('decoder.decoder_fn')}"
                                 f": {error}. Expected an encoder and a decoder for the data set's images.") from error
    state.model.load_state_dict(weights)
    state.batches.restore(stream)
    restore_random_state(generators, state.is_on_gpu)


def update(losses: Losses, optimizers: dict[str, ScheduledOptimizer], step: int) -> None:
    """One step of every optimizer; all gradients are taken at the parameters before the update."""
    for name, gradient in gradients_of(losses, optimizers).items():
        optimizers[name].step(gradient, step)


def gradients_of(losses: Losses, optimizers: dict[str, ScheduledOptimizer]) -> dict[str, Sequence[torch.Tensor | None]]:
    """The gradient of each loss at the parameters of its optimizer."""
    return {name: torch.autograd.grad(loss, optimizers[name].parameters, allow_unused=True,
                                      retain_graph=number < len(losses.minimised))
            for number, (name, loss) in enumerate(losses.minimised.items(), start=1)}
