"""Every metric of points gives the same numbers from `unbraid.score` and from the command line."""

from __future__ import annotations

import importlib
import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import unbraid
from unbraid.evaluation.__main__ import main
from unbraid.evaluation.settings.metric_configs import find_metric_config
from unbraid.metrics.catalogue import declarations, metric_function
from unbraid.metrics.declaration import FROM_POINTS

SEED = 5
FACTORS = np.stack(np.unravel_index(np.arange(120) % 12, (3, 4)), axis=1)
CODES = FACTORS @ np.array([[1.0, 0.2, 0.0], [0.0, 0.1, 1.0]]) + 0.2 * np.random.RandomState(0).randn(120, 3)
NAMES = [name for name, metric in declarations().items() if metric.needs in FROM_POINTS]
GROUPED = {"num_points": 120, "batch_size": 5, "num_train": 40, "num_eval": 20}
VARIANCES = GROUPED | {"num_variance_estimate": 60}
# Small settings by metric: gin's parameters, which are also arguments of the function where it has them.
SETTINGS: dict[str, dict[str, Any]] = {
    name: {"num_train": 80} | ({"num_test": 40} if declarations()[name].needs != "points" else {}) for name in NAMES
} | {"z_diff": GROUPED, "z_min_variance": VARIANCES, "z_max_variance": VARIANCES,
     "downstream_task": {"num_train": [80], "num_test": 40},
     "reduced_downstream_task": {"num_train": [80], "num_test": 40, "num_factors_to_remove": 1},
     "dci_es": {"num_train": 80, "num_test": 40, "max_depths": [1, 3], "num_trees": 5}}
SAMPLERS = ("sample_codes", "sample_numbers", "sample_train_and_test")


class Drawn:
    """The points that each metric's protocol drew, and its stream after that."""

    def __init__(self) -> None:
        self.points: dict[str, Any] = {}
        self.streams: dict[str, np.random.RandomState] = {}

    def recording(self, name: str, sample: Any) -> Any:
        def draw(*arguments: Any, **options: Any) -> Any:
            self.points[name] = sample(*arguments, **options)
            stream = next(value for value in arguments if isinstance(value, np.random.RandomState))
            self.streams[name] = np.random.RandomState()
            self.streams[name].set_state(stream.get_state(legacy=False))
            return self.points[name]

        return draw


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Drawn]:
    """One run of the command line over all metrics of points."""
    folder, drawn = tmp_path_factory.mktemp("doors"), Drawn()
    np.save(folder / "codes.npy", CODES)
    np.save(folder / "factors.npy", FACTORS)
    bindings = [f"evaluation.random_seed = {SEED}", *(f"{name}.{key} = {value!r}" for name, of_metric in
                                                      SETTINGS.items() for key, value in of_metric.items())]
    with pytest.MonkeyPatch.context() as patch:
        for name in NAMES:
            module = importlib.import_module(f"unbraid.evaluation.metrics.{name}")
            for sampler in SAMPLERS:
                if hasattr(module, sampler):
                    patch.setattr(module, sampler, drawn.recording(name, getattr(module, sampler)))
        assert main(["--codes", str(folder / "codes.npy"), "--factors", str(folder / "factors.npy"),
                     "--output_dir", str(folder / "out"), "--jobs", "1", "--gin_config", *NAMES,
                     "--gin_bindings", *bindings]) == 0
    return folder / "out", drawn


@pytest.mark.filterwarnings("ignore")  # of undefined scores and unconverged fits, alike in both
@pytest.mark.parametrize("name", NAMES)
def test_arrays_and_files_have_the_same_scores_and_matrices(name: str, scored: tuple[Path, Drawn]) -> None:
    output, drawn = scored
    folder = output / find_metric_config(name).stem
    results = json.loads((folder / "results" / "json" / "evaluation_results.json").read_text())
    arguments = inspect.signature(metric_function(name)).parameters
    options = {key: value for key, value in SETTINGS[name].items() if key in arguments}
    if name in ("z_diff", "z_min_variance", "z_max_variance"):  # draw groups on the stream of the points
        options["random_state"] = drawn.streams[name]
    points = drawn.points[name]
    first, test = points if declarations()[name].needs != "points" else (points, None)
    found = unbraid.score(*first, metrics={name: options}, seed=SEED, test=test)[name]
    assert len(found)
    for key, value in json.loads(json.dumps(dict(found), default=float)).items():
        np.testing.assert_equal(results[key], value, key)
    for key, matrix in found.matrices.items():
        with np.load(folder / "artifacts" / f"{key}.npz") as saved:
            np.testing.assert_array_equal(saved["matrix"], matrix, key)
