"""The results of the step "train": the loss terms on fresh batches, under disentanglement_lib's names."""

from __future__ import annotations

import time
from typing import Any

import torch

from ... import __version__
from ...common.results import update_result_directory
from ..data.batches import Batches
from ..objectives.objective import VAEObjective, stacked
from .state import RESULTS_NAME, RunState


def write_results(state: RunState, eval_steps: int) -> dict[str, Any]:
    """Evaluates `eval_steps` batches and writes MODEL_DIR/results."""
    started = time.monotonic()
    results: dict[str, Any] = mean_terms(state.model, state.evaluation_batches(), eval_steps, state.step)
    results |= provenance(state)
    results["elapsed_time"] += time.monotonic() - started
    return update_result_directory(state.model_dir / RESULTS_NAME, "train", results)


def provenance(state: RunState) -> dict[str, Any]:
    """Returns the step, seeds, time and versions of a training run, under the keys of its results."""
    gpu = {"cudnn_deterministic": torch.backends.cudnn.deterministic,
           "tf32": torch.backends.cudnn.allow_tf32} if state.is_on_gpu else {}
    return {"global_step": state.step, "elapsed_time": state.elapsed_time, **state.seeds, "method": state.model.method,
            "device": str(next(state.model.parameters()).device), "num_threads": torch.get_num_threads(),
            "torch_version": torch.__version__, "unbraid_version": __version__, **gpu}


@torch.no_grad()
def mean_terms(model: VAEObjective, batches: Batches, num_batches: int, step: int) -> dict[str, float]:
    """The mean of each loss term over `num_batches` batches, in evaluation mode; latents are still sampled."""
    model.eval()
    names: list[str] = []
    total: torch.Tensor | float = 0.0
    for _ in range(num_batches):
        terms = model(next(batches), step).terms
        names, total = list(terms), total + stacked(terms, torch.float64)  # on the device, fetched once
    return dict(zip(names, (total / num_batches).cpu().tolist(), strict=True))  # type: ignore[union-attr]
