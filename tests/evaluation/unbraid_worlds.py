"""The worlds of `metric_worlds` as unbraid's data sets, and how a metric is run on one as the goldens were."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from metric_worlds import WORLDS, Metric, World, representation

from unbraid.common.configuration.parsing import configured
from unbraid.evaluation.protocol.evaluate import load_metrics
from unbraid.evaluation.sampling.code_table import CodeTable
from unbraid.ground_truth.ground_truth_data import GridGroundTruth

GOLDENS = Path(__file__).parent / "goldens"


class WorldData(GridGroundTruth):
    def __init__(self, world: World):
        self.world = world
        self.grid_factor_sizes = world.sizes
        self.grid_factor_names = [f"factor {index}" for index in range(len(world.sizes))]
        self.latent_factor_indices = world.latent
        self.image_shape = (1, 1, 1)

    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        return self.world.images(indices)


def goldens(group: str) -> dict[str, Any]:
    return json.loads((GOLDENS / f"{group}.json").read_text())


def call(metric: Metric, case: tuple[str, str, int], bindings: str = "", use_table: bool = True) -> dict[str, Any]:
    """Scores of unbraid's metric of that module and function, numpy's global stream seeded as for the golden."""
    load_metrics()
    world, name, seed = case
    function = representation(world, name)
    module = importlib.import_module(f"unbraid.evaluation.metrics.{metric.module}")
    saved = np.random.get_state()
    np.random.seed(seed)
    try:
        with configured((), [metric.bindings, bindings]):
            score = getattr(module, metric.function)
            return score(WorldData(WORLDS[world]), CodeTable(function) if use_table else function,
                         np.random.RandomState(seed))
    finally:
        np.random.set_state(saved)
