"""Runs in MLflow: in the store of MLFLOW_TRACKING_URI, in the experiment of MLFLOW_EXPERIMENT_NAME or "unbraid"."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "unbraid"
LONGEST = 500  # characters of a parameter's value that every version of MLflow takes
MOST_PARAMETERS = 100  # in one request


class MlflowTracker:
    """One run, written through a client of its own, so that a user's active run is left alone."""

    def __init__(self, client: MlflowClient, run_id: str):
        self.client, self.run_id = client, run_id

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Takes numbers by name, at a global step."""
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        self.client.log_batch(self.run_id, metrics=[Metric(name, float(value), now, step)
                                                    for name, value in values.items()])

    def close(self, finished: bool) -> None:
        """Ends the run."""
        self.client.set_terminated(self.run_id, "FINISHED" if finished else "KILLED")


def start(model_dir: Path, parameters: Mapping[str, Any], run_id: str | None) -> MlflowTracker:
    """A new run, or the one to go on with, named after the model's folder, whose path is the tag `model_dir`.

    MLflow refuses to change a parameter; one that resuming changed becomes a tag of the same name."""
    from mlflow import MlflowClient
    from mlflow.entities import Param, RunTag

    client = MlflowClient()
    if run_id is None:
        run_id = client.create_run(_experiment(client), run_name=run_name(model_dir)).info.run_id
    else:
        client.update_run(run_id, status="RUNNING")
    texts = {name: str(value)[:LONGEST] for name, value in parameters.items()}
    recorded = client.get_run(run_id).data.params
    new = [Param(name, text) for name, text in texts.items() if name not in recorded]
    for first in range(0, len(new), MOST_PARAMETERS):
        client.log_batch(run_id, params=new[first:first + MOST_PARAMETERS])
    changed = {name: text for name, text in texts.items() if recorded.get(name, text) != text}
    tags = {"model_dir": str(model_dir.resolve()), **changed}
    client.log_batch(run_id, tags=[RunTag(name, text) for name, text in tags.items()])
    return MlflowTracker(client, run_id)


def run_name(model_dir: Path) -> str:
    """The name of a run: its folder's, with the one above where the model's is called "model"."""
    parts = model_dir.resolve().parts
    return "/".join(parts[-2:]) if parts[-1] == "model" else parts[-1]


def _experiment(client: MlflowClient) -> str:
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
    found = client.get_experiment_by_name(name)
    identity: str = client.create_experiment(name) if found is None else found.experiment_id
    return identity
