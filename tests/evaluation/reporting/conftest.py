"""Result files as unbraid-evaluate writes them, of models and scores that a test chooses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

WriteResult = Callable[..., Path]


@pytest.fixture
def write_result(tmp_path: Path) -> WriteResult:
    """Writes RUN/metrics/METRIC/results for a model; returns the aggregate file.

    scores: of the metric.  training, settings: bindings.  seed: of the evaluation; another than 0 is a repeat."""

    def write(run: str, metric: str = "mig", scores: dict[str, Any] | None = None, *, data_set: str = "dsprites_full",
              method: str = "vae", training: dict[str, str] | None = None, settings: dict[str, str] | None = None,
              seed: int = 0, postprocess: str = "mean_representation") -> Path:
        folder = tmp_path / run / "metrics" / metric
        folder = folder / "repeats" / str(seed) if seed else folder
        values: dict[str, Any] = {
            "evaluation_config.evaluation.evaluation_fn": f"@{metric}",
            "evaluation_config.evaluation.name": f"'{metric}'",
            "evaluation_config.evaluation.random_seed": str(seed), "evaluation_config.dataset.name": f"'{data_set}'",
            "postprocess_config.dataset.name": f"'{data_set}'",
            "postprocess_config.postprocess.postprocess_fn": f"@{postprocess}",
            "train_config.model.model": f"@{method}()", "train_config.model.random_seed": "0"}
        values |= {f"evaluation_config.{name}": value for name, value in (settings or {}).items()}
        values |= {f"train_config.{name}": value for name, value in (training or {}).items()}
        values |= {f"evaluation_results.{key}": value for key, value in (scores or {"discrete_mig": 0.5}).items()}
        values |= {"evaluation_results.elapsed_time": 1.5, "evaluation_results.uuid": f"{run}-{metric}-{seed}"}
        path = folder / "results" / "aggregate" / "evaluation.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
        return path

    return write


@pytest.fixture
def two_runs(tmp_path: Path, write_result: WriteResult) -> list[Path]:
    """Two runs with logs, matrices and scores at three localities; the second lacks dci."""
    for number, method in enumerate(("vae", "jlonevae")):
        name = f"run_{number}"
        training = {"vae.beta": str(4 + number), "conv_encoder.num_latent": "10"}
        write_result(name, "mig", {"discrete_mig": 0.1 + number / 10}, data_set="threeDots", method=method,
                     training=training)
        for locality in ("0.1", "0.3", "1.0"):
            write_result(name, f"local_mig_{locality.replace('.', '_')}",
                         {"discrete_mig": float(locality) / (2 + number), "local_discrete_migs_samples": [0.1, 0.2]},
                         data_set="threeDots", method=method, training=training,
                         settings={"evaluation.evaluation_fn": "@local_mig",
                                   "local_sample_factors.locality_proportion": locality})
        artifacts = tmp_path / name / "metrics" / "mig" / "artifacts"
        artifacts.mkdir()
        np.savez(artifacts / "mutual_information.npz", matrix=np.linspace(0, 2, 60).reshape(10, 6),
                 factor_names=np.array(["x_0", "y_0", "x_1", "y_1", "x_2", "y_2"]))
        log = tmp_path / name / "model" / "train_log.csv"
        log.parent.mkdir()
        log.write_text("step,loss,kl_loss\n100,800,10\n200,700,20\n300,600,30\n")
    write_result("run_0", "dci", {"disentanglement": 0.2}, data_set="threeDots",
                 training={"vae.beta": "4", "conv_encoder.num_latent": "10"})
    return [tmp_path / "run_0", tmp_path / "run_1"]
