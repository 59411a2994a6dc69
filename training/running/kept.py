"""Checkpoints that stay: MODEL_DIR/checkpoints/STEP is a model folder of its own, which can be exported and scored."""

from __future__ import annotations

import shutil

from ...common.disk.files import atomic_directory
from ...common.results import update_result_directory
from .checkpoint import checkpoint_path
from .results import provenance
from .state import KEPT_NAME, RESULTS_NAME, RunState


def keep_checkpoint(state: RunState) -> None:
    """Copies the checkpoint just written, with the training's configuration and step as results."""
    folder = state.model_dir / KEPT_NAME / str(state.step)
    with atomic_directory(folder, overwrite=True) as temporary:
        shutil.copyfile(checkpoint_path(state.model_dir), checkpoint_path(temporary))
        update_result_directory(temporary / RESULTS_NAME, "train", provenance(state))
