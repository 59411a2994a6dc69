"""Everything a training is made of at one moment, and its way to disk and back."""

from __future__ import annotations

import logging
import re
import shutil
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from ...common.commands.wording import option
from ...common.configuration.parsing import bindings_in_use, bound, operative_config
from ...common.disk.files import refuse_existing, require_folder
from ...common.errors import ConfigurationError, DataError, UserError
from ...common.fingerprint import differences
from ...common.results import read_json
from ...ground_truth.bases.parts import held_out
from ...ground_truth.named_data import data_identity
from ..data.batches import Batches, image_shape
from ..objectives.objective import VAEObjective
from ..optimizers import ScheduledOptimizer
from ..tracking.trackers import FILE_NAME as TRACKERS_NAME
from .callbacks import FOLDER_NAME
from .checkpoint import FILE_NAME, CheckpointError, checkpoint_path, read_checkpoint, write_checkpoint
from .log import CSV_NAME, SCORES_NAME, TENSORBOARD_NAME, check_pending

logger = logging.getLogger(__name__)

RESULTS_NAME = "results"
KEPT_NAME = "checkpoints"
# What a resumed run may change: it decides how long and how observed the training is, not what it computes.
MAY_CHANGE = frozenset(f"model.{name}" for name in ("training_steps", "eval_steps", "checkpoint_steps", "log_steps",
                                                    "keep_steps", "callbacks", "trackers", "name",
                                                    "model_num"))
RESUMED = frozenset({"elapsed_time", "bindings", "batches", "random", "optimizers"})  # what resuming needs
CALLBACKS = "model.callbacks"  # they look on, so their own parameters may change, too


@dataclass
class RunState:
    """A model in training, its optimizers, its data stream and its clocks."""

    model_dir: Path
    model: VAEObjective
    optimizers: dict[str, ScheduledOptimizer]
    batches: Batches
    seeds: dict[str, int]
    step: int = 0
    elapsed_time: float = 0.0
    pending_log: dict[str, Any] | None = None
    owes_callbacks: bool = False
    """Whether the callbacks of this step were interrupted."""

    @property
    def is_on_gpu(self) -> bool:
        """Whether the model is on a CUDA device."""
        return next(self.model.parameters()).is_cuda

    def evaluation_batches(self) -> Batches:
        """Makes the stream that the trained model is evaluated on, from its beginning: of held-out images if there are
        any."""
        stream = self.batches
        return self.model.make_batches(held_out(stream.data), stream.batch_size, self.seeds["evaluation_data_seed"],
                                       stream.load, evaluation=True)

    @cached_property
    def data_files(self) -> dict[str, str]:
        """Content hashes of the files that the data set is read from, by name."""
        return data_identity(self.batches.data)

    def save(self) -> None:
        """Writes the checkpoint: tensors and plain data only."""
        model = self.model
        write_checkpoint(self.model_dir, {
            "step": self.step, "elapsed_time": self.elapsed_time, "seeds": self.seeds, "method": model.method,
            "data_set": str(bound("dataset.name")), "image_shape": image_shape(self.batches.data),
            "num_latent": model.num_latent, "activation": model.reconstruction_loss.activation,
            "networks": {"encoder": model.encoder.description, "decoder": model.decoder.description},
            "gin_config": operative_config(), "bindings": bindings_in_use(), "data_files": self.data_files,
            "objective": model.state_dict(), "batches": self.batches.state(), "random": random_state(self.is_on_gpu),
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()},
            "pending_log": self.pending_log, "owes_callbacks": self.owes_callbacks,
        })
        logger.info("Wrote %s at step %d.", checkpoint_path(self.model_dir), self.step)

    def restore(self) -> None:
        """Goes back to the checkpoint.  Raises UserError when it is of another configuration or other data."""
        content, path = read_checkpoint(self.model_dir), checkpoint_path(self.model_dir)
        if missing := sorted(RESUMED - content.keys()):
            raise CheckpointError(f"{path} lacks {', '.join(missing)}, so a training cannot go on from it.")
        self._require_same_data(content.get("data_files"))
        _require_same_bindings(content["bindings"], path)
        try:
            # torch warns of values that are refused next.
            with warnings.catch_warnings(action="ignore", category=UserWarning):
                self._take(content)
        except Exception as error:  # states of optimizers and generators are checked by those who take them
            raise CheckpointError(f"A training cannot go on from {path}: {type(error).__name__}: {error}. Start anew "
                                  f"with {option('overwrite')}.") from error
        logger.info("Resumed at step %d.", self.step)

    def _take(self, content: dict[str, Any]) -> None:
        self.step, self.elapsed_time = content["step"], content["elapsed_time"]
        self.pending_log = content.get("pending_log")
        check_pending(self.pending_log)
        self.owes_callbacks = content.get("owes_callbacks", False)
        self.model.load_state_dict(content["objective"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(content["optimizers"][name])
        self.batches.restore(content["batches"])
        restore_random_state(content["random"], self.is_on_gpu)

    def _require_same_data(self, saved: dict[str, str] | None) -> None:
        """saved: None in a checkpoint of an unbraid that did not record it."""
        if saved is not None and saved != self.data_files:
            change = "; ".join(differences({"data file": saved}, {"data file": self.data_files}))
            raise DataError(f"{checkpoint_path(self.model_dir)} was trained on other data: {change}. Put the old data "
                            f"back to resume, or start anew with {option('overwrite')}.")

    def finished(self, training_steps: int) -> bool:
        """Whether the last step and the results after it are on disk."""
        path = self.model_dir / RESULTS_NAME / "json" / "train_results.json"
        if self.step < training_steps or not path.is_file():
            return False
        return read_json(path).get("global_step") == self.step

    def last_checkpoint(self) -> str:
        """The checkpoint on disk, with its step."""
        return f"{checkpoint_path(self.model_dir)} (step {read_checkpoint(self.model_dir)['step']})"


def prepare_directory(state: RunState, overwrite: bool, resume: bool) -> None:
    """Leaves a model directory with a checkpoint of `state`: a new one at step 0, or the one to resume from.

    Raises ExistingOutputError for a directory that exists, unless told what to do with it, and UserError for one that
    holds no checkpoint to resume from."""
    if resume and checkpoint_path(state.model_dir).exists():
        state.restore()
        return
    refuse_directory(state.model_dir, overwrite, resume)
    for name in (FILE_NAME, CSV_NAME, SCORES_NAME, TRACKERS_NAME):
        (state.model_dir / name).unlink(missing_ok=True)
    for name in (TENSORBOARD_NAME, RESULTS_NAME, FOLDER_NAME, KEPT_NAME):
        shutil.rmtree(state.model_dir / name, ignore_errors=True)
    state.save()


def refuse_directory(model_dir: Path, overwrite: bool, resume: bool) -> None:
    """Raises unless `model_dir` may be written to; cheap, so it is asked before the data set is loaded, too."""
    require_folder(model_dir)
    if resume and model_dir.is_dir() and any(model_dir.iterdir()) and not checkpoint_path(model_dir).exists():
        raise UserError(f"{model_dir} holds no {FILE_NAME} to resume from; choose another model "
                        f"directory or {option('overwrite')}.")
    refuse_existing(model_dir, overwrite or resume)


def _require_same_bindings(saved: dict[str, str], path: Path) -> None:
    given = bindings_in_use()
    differences = [f"{key} was {saved.get(key, 'not set')} and is {given.get(key, 'not set')}"
                   for key in sorted(saved.keys() | given.keys()) if saved.get(key) != given.get(key)]
    callbacks = re.findall(r"@([\w./]+)", f"{saved.get(CALLBACKS)} {given.get(CALLBACKS)}")
    forbidden = [text for text in differences
                 if text.split(" ")[0] not in MAY_CHANGE and text.split(" ")[0].rpartition(".")[0] not in callbacks]
    if forbidden:
        raise ConfigurationError(f"{path} was trained with another configuration: {'; '.join(forbidden)}. Resume with "
                                 f"the same one, or start anew with {option('overwrite')}.")


def random_state(is_on_gpu: bool) -> dict[str, Any]:
    """The state of torch's generators.

    is_on_gpu: asking for CUDA's state starts CUDA, which a training on the CPU has no use for."""
    return {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all() if is_on_gpu else []}


def restore_random_state(state: dict[str, Any], is_on_gpu: bool) -> None:
    """Puts torch's generators back to a `random_state`."""
    torch.set_rng_state(state["cpu"])
    if is_on_gpu and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])
