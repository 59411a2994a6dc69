"""The metrics of a study by disentanglement_lib and by unbraid: same images, encoder, settings, one run, side by side.

    pip install tensorflow-cpu pandas simplejson six seaborn && pip install --no-deps disentanglement_lib==1.5
    python benchmarks/study.py --model_dir REPRESENTATION [--metrics mig dci ...] [--output FILE.json]

The reference encodes its own batches with the TorchScript file, as JL1-VAE and the challenge kit do with PyTorch models
(--reference_backend onnx gives it our fast session instead), from images in memory.  Its codes are checked against ours
and then replaced by them: two runtimes differ in the sixth digit, which would blur the comparison of the scores.
numpy's global stream, on which its models draw, is seeded like the metric.  Times are wall-clock on the same cores, one
side after the other; compiled loops are compiled before.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gin
import numpy as np

from unbraid.common.commands.command_line import format_table
from unbraid.common.configuration import gin_internals
from unbraid.common.configuration.parsing import configured, find_config
from unbraid.evaluation.protocol.evaluate import compute_scores, load_metrics
from unbraid.evaluation.protocol.presets import metrics_of_preset
from unbraid.evaluation.sampling.code_table import CodeTable, Encoder
from unbraid.export import load_representation
from unbraid.ground_truth.observations import LazyObservations
from unbraid.ground_truth.registry import data_sets
from unbraid.metrics.estimators.logistic_regression import LogisticRegressionCV
from unbraid.metrics.estimators.trees.classifier import BoostedTrees

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "evaluation"))
from make_goldens import accept_old_names

FUNCTIONS = {
    "beta_vae_sklearn": ("beta_vae", "compute_beta_vae_sklearn"), "dci": ("dci", "compute_dci"),
    "downstream_task_boosted_trees": ("downstream_task", "compute_downstream_task"),
    "downstream_task_logistic_regression": ("downstream_task", "compute_downstream_task"),
    "factor_vae_metric": ("factor_vae", "compute_factor_vae"), "mig": ("mig", "compute_mig"),
    "modularity_explicitness": ("modularity_explicitness", "compute_modularity_explicitness"),
    "sap_score": ("sap_score", "compute_sap"), "unsupervised": ("unsupervised_metrics", "unsupervised_metrics"),
    "irs": ("irs", "compute_irs"), "fairness": ("fairness", "compute_fairness"),
}
SEED = 0
OURS = ("evaluation.", "dataset.", "include", "#", "logistic_regression.",
        "unsupervised_metrics.symmetric_root", "irs.discretize_factors")
"""Lines of a config that the reference does not know: what it reads elsewhere, and what names its own choices."""
REFERENCE_NAMES = gin_internals.empty_registry()  # both packages register `mig`, so each has a registry of its own


@contextlib.contextmanager
def reference_names() -> Iterator[None]:
    """Inside, gin knows the reference's configurables and no others."""
    with gin_internals.other_registry(REFERENCE_NAMES):
        gin.clear_config()
        try:
            yield
        finally:
            gin.clear_config()


def timed(work: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], float]:
    """Results and wall-clock seconds."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start


class ReferenceEncoder:
    """Encodes what the reference drew, at the reference's cost; returns the codes that our metrics saw.

    uncounted: seconds spent on the latter, which are not the reference's."""

    def __init__(self, representation: Encoder, ours: Encoder):
        self.representation, self.ours, self.uncounted = representation, ours, 0.0

    def __call__(self, images: np.ndarray) -> np.ndarray:
        codes = self.representation(images)
        start = time.perf_counter()
        ours = self.ours(images)
        if not np.allclose(codes, ours, rtol=1e-3, atol=1e-4):
            raise AssertionError("The two backends give different codes.")
        self.uncounted += time.perf_counter() - start
        return ours

    def timed(self, work: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], float]:
        """Results and wall-clock seconds, without those that are not the reference's."""
        before = self.uncounted
        results, seconds = timed(work)
        return results, seconds - (self.uncounted - before)


class DrawnCodes:
    """Codes from our table for images that the reference has drawn, in the order in which it drew them."""

    def __init__(self, table: CodeTable, data: Any):
        self.table, self.data, self.indices = table, data, np.empty(0, dtype=np.int64)

    def draw(self, indices: np.ndarray) -> None:
        self.indices = np.concatenate([self.indices, indices])

    def __call__(self, images: np.ndarray) -> np.ndarray:
        indices, self.indices = self.indices[:len(images)], self.indices[len(images):]
        return self.table(LazyObservations(self.data, indices))


def reference_data(data: Any, drawn: DrawnCodes) -> Any:
    """The grid `data` as a data set of disentanglement_lib, on its own state space, its images in memory."""
    from disentanglement_lib.data.ground_truth import ground_truth_data, util

    images = data.raw(np.arange(data.num_images))

    class Reference(ground_truth_data.GroundTruthData):
        state_space = util.SplitDiscreteStateSpace(list(data.grid_factor_sizes), list(data.latent_indices))
        num_factors = data.num_factors
        factors_num_values = data.factors_num_values
        observation_shape = data.observation_shape

        def sample_factors(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
            return self.state_space.sample_latent_factors(num, random_state)

        def sample_observations_from_factors(self, factors: np.ndarray,
                                             random_state: np.random.RandomState) -> np.ndarray:
            complete = self.state_space.sample_all_factors(factors, random_state)
            indices = np.ravel_multi_index(tuple(complete.T), data.grid_factor_sizes)
            drawn.draw(indices)
            return images[indices].astype(np.float32)

    return Reference()


def run_reference(name: str, data: Any, function: Callable[[Any], np.ndarray], bindings: list[str]) -> dict[str, Any]:
    module, function_name = FUNCTIONS[name]
    text = find_config(name).read_text().splitlines() + bindings
    with reference_names():
        metric = getattr(importlib.import_module(f"disentanglement_lib.evaluation.metrics.{module}"), function_name)
        gin.parse_config([line for line in text if not line.startswith(OURS)])
        np.random.seed(SEED)
        return metric(data, function, np.random.RandomState(SEED))


def largest_difference(ours: dict[str, Any], theirs: dict[str, Any]) -> float:
    return max(abs(float(ours[key]) - float(value)) for key, value in theirs.items())


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="disentanglement_lib and unbraid side by side.")
    parser.add_argument("--model_dir", type=Path, required=True, help="an exported representation of the data set")
    parser.add_argument("--dataset", default="dsprites_full", help="a grid whose images fit into memory")
    parser.add_argument("--metrics", nargs="+", choices=sorted(FUNCTIONS),
                        default=[*metrics_of_preset("unsupervised_study_v1"), "irs"])
    parser.add_argument("--gin_bindings", nargs="+", default=[], help="for both, such as 'dci.num_train = 1000'")
    parser.add_argument("--reference_backend", choices=("torchscript", "onnx"), default="torchscript",
                        help="what the reference encodes with (default: torchscript)")
    parser.add_argument("--output", type=Path, help="JSON file for all scores and times")
    return parser.parse_args()


def main() -> None:
    warnings.filterwarnings("ignore")
    arguments = parse()
    load_metrics()
    accept_old_names()
    with reference_names():
        for module, _ in FUNCTIONS.values():
            importlib.import_module(f"disentanglement_lib.evaluation.metrics.{module}")
    data = data_sets()[arguments.dataset]()
    table = CodeTable(load_representation(arguments.model_dir))
    drawn = DrawnCodes(table, data)
    encoder = ReferenceEncoder(load_representation(arguments.model_dir, arguments.reference_backend), drawn)
    theirs_data = reference_data(data, drawn)
    compile_loops()
    rows, found, totals = [], {}, np.zeros(2)
    for name in arguments.metrics:
        with configured([name], [f"evaluation.random_seed = {SEED}", *arguments.gin_bindings]):
            ours, our_time = timed(lambda: compute_scores(data, table, artifact_dir=None))
        theirs, their_time = encoder.timed(
            lambda name=name: run_reference(name, theirs_data, encoder, arguments.gin_bindings))
        difference = largest_difference(ours, theirs)
        totals += (our_time, their_time)
        found[name] = {"unbraid": ours, "disentanglement_lib": theirs, "largest_difference": difference,
                       "seconds": [our_time, their_time]}
        rows.append(row(name, our_time, their_time, f"{difference:.1e}"))
        print("  ".join(rows[-1]), flush=True)
    rows.append(row("total", *totals, ""))
    print(f"\nload when done: {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores; "
          f"{table.num_encoded} images encoded\n")
    print(format_table(["metric", "unbraid", "dlib", "ratio", "difference"], rows))
    if arguments.output:
        arguments.output.write_text(json.dumps(found, indent=2, default=float))


def compile_loops() -> None:
    """Once per installation; an evaluation of a few points goes through all of them."""
    codes, labels = np.random.RandomState(SEED).normal(size=(2000, 3)), np.arange(2000) % 4
    BoostedTrees(np.random.RandomState(SEED), num_stages=2).fit(codes, labels).predict(codes)
    LogisticRegressionCV().fit(codes, labels)


def row(name: str, ours: float, theirs: float, difference: str) -> list[str]:
    return [name, f"{ours:.1f} s", f"{theirs:.1f} s", f"{theirs / ours:.1f}", difference]


if __name__ == "__main__":
    main()
