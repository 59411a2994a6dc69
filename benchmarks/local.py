"""JL1-VAE's ten local scores on three-dots by its own code and by unbraid: same encoder and seed, side by side.

    PYTHONPATH=CLONE/disentanglement_lib python benchmarks/local.py --model_dir REPRESENTATION [--clusters 2]

CLONE is a clone of github.com/travers-rhodes/jlonevae, which needs opencv-python and tensorflow-cpu.  The published
scores take 20 clusters of 10,000 images each, two million images in all; time is proportional to the clusters.
Compiled loops are compiled before, and the table of dots is filled: once a process, whatever the clusters.
Ours run in a process of their own, since TensorFlow's and PyTorch's threads stay about.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import os
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import gin
import numpy as np

from study import OURS, ReferenceEncoder, accept_old_names, importlib, largest_difference, reference_names, timed
from unbraid.common.commands.command_line import format_table
from unbraid.common.configuration.parsing import CONFIG_ROOT, configured
from unbraid.evaluation.protocol.evaluate import compute_scores, load_metrics
from unbraid.evaluation.protocol.presets import metrics_of_preset
from unbraid.evaluation.sampling.code_table import CodeTable
from unbraid.export import load_representation
from unbraid.ground_truth.registry import data_sets

SEED = 0


def reference_scores(name: str, function: Any, clusters: int) -> dict[str, Any]:
    """One config by JL1-VAE's code, its own three-dots included."""
    kind = name.rsplit("_", 2)[0]
    with reference_names():
        data = importlib.import_module("disentanglement_lib.data.ground_truth.threeDots").ThreeDots()
        metric = getattr(importlib.import_module(f"disentanglement_lib.evaluation.metrics.{kind}"), f"compute_{kind}")
        settings = (CONFIG_ROOT / "evaluation" / f"{kind}_base.gin").read_text().splitlines()
        settings += (CONFIG_ROOT / "evaluation" / f"{name}.gin").read_text().splitlines()
        gin.parse_config([line for line in settings if not line.startswith(OURS)]
                         + ["local_sample_factors.denylist_factors = []", f"{kind}.num_local_clusters = {clusters}"])
        return metric(data, function, np.random.RandomState(SEED))


class Ours:
    """Our side: the data set, and one table of codes for all scores."""

    def __init__(self, model_dir: Path, first: str):
        load_metrics()
        self.data, representation = data_sets()["threeDots"](), load_representation(model_dir)
        self.table = CodeTable(representation)
        self.scores(first, clusters=1)  # compiles
        self.table = CodeTable(representation)

    def scores(self, name: str, clusters: int) -> dict[str, Any]:
        kind = name.rsplit("_", 2)[0]
        bindings = [f"{kind}.num_local_clusters = {clusters}", f"evaluation.random_seed = {SEED}"]
        with configured(["data_sets/threeDots.gin", name], bindings):
            return compute_scores(self.data, self.table, artifact_dir=None)


@functools.cache
def ours(*arguments: Any) -> Ours:
    """The one of this process."""
    return Ours(*arguments)


def our_scores(arguments: tuple[Path, str], name: str, clusters: int) -> tuple[dict[str, Any], float]:
    """One config by unbraid, and its seconds."""
    side = ours(*arguments)
    return timed(lambda: side.scores(name, clusters))


def main() -> None:
    parser = argparse.ArgumentParser(description="JL1-VAE's local scores and unbraid's, side by side.")
    parser.add_argument("--model_dir", type=Path, required=True, help="an exported representation of three-dots")
    parser.add_argument("--clusters", type=int, default=20, help="local clusters a score (default: 20, as published)")
    parser.add_argument("--metrics", nargs="+", default=metrics_of_preset("jl1_local"))
    parser.add_argument("--reference_backend", choices=("torchscript", "onnx"), default="torchscript",
                        help="what the reference encodes with (default: torchscript, as JL1-VAE does)")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    load_metrics()
    accept_old_names()
    encoder = ReferenceEncoder(load_representation(arguments.model_dir, arguments.reference_backend),
                               load_representation(arguments.model_dir))
    own_process = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    rows, totals = [], np.zeros(2)
    for name in arguments.metrics:
        scores, our_time = own_process.submit(our_scores, (arguments.model_dir, arguments.metrics[0]), name,
                                            arguments.clusters).result()
        theirs, their_time = encoder.timed(lambda name=name: reference_scores(name, encoder, arguments.clusters))
        times = np.array([our_time, their_time])
        totals += times
        plain = {key: value for key, value in theirs.items() if not isinstance(value, list)}
        rows.append([name, f"{times[0]:.1f} s", f"{times[1]:.1f} s", f"{times[1] / times[0]:.1f}",
                     f"{largest_difference(scores, plain):.1e}"])
        print("  ".join(rows[-1]), file=sys.stderr, flush=True)
    rows.append(["total", f"{totals[0]:.1f} s", f"{totals[1]:.1f} s", f"{totals[1] / totals[0]:.1f}", ""])
    print(f"{arguments.clusters} clusters, load {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores")
    print(format_table(["metric", "unbraid", "JL1-VAE", "ratio", "difference"], rows))


if __name__ == "__main__":
    main()
