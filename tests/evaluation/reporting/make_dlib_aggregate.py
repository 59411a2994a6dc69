"""Writes goldens/dlib_aggregate.json: what disentanglement_lib 1.5 makes of two result files.

    python make_dlib_aggregate.py        # with disentanglement_lib 1.5 and tensorflow installed

The result files are written with its own `update_result_directory` under one gin configuration each."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from make_goldens import accept_old_names

accept_old_names()

import gin  # noqa: E402
import numpy as np  # noqa: E402
from disentanglement_lib.utils import aggregate_results, results  # noqa: E402

FOLDER = Path(__file__).resolve().parent / "goldens"


@gin.configurable("evaluation")
def evaluation(evaluation_fn=gin.REQUIRED, random_seed=gin.REQUIRED, name=""):
    return evaluation_fn, random_seed, name


@gin.configurable("dataset")
def dataset(name=gin.REQUIRED):
    return name


@gin.configurable("mig")
def mig(num_train=gin.REQUIRED, batch_size=16):
    return num_train, batch_size


def write(run, metric, seed, scores):
    with gin.unlock_config():
        gin.clear_config()
        gin.parse_config([f"evaluation.evaluation_fn = @{metric}", f"evaluation.random_seed = {seed}",
                          f"evaluation.name = '{metric}'", "dataset.name = 'dsprites_full'", "mig.num_train = 10000"])
    evaluation(), dataset(), mig()
    results.update_result_directory(str(FOLDER / run / "metrics" / metric / "results"), "evaluation", scores)


if __name__ == "__main__":
    os.chdir(FOLDER.parent)  # the aggregate holds paths
    write("0", "mig", 3, {"discrete_mig": np.float64(0.123456789012345), "elapsed_time": 4.5,
                          "per_factor": [0.25, 0.5]})
    write("1", "mig", 3, {"discrete_mig": 0.75, "elapsed_time": 4.75, "num_active_dims": np.int64(7)})
    aggregate_results.aggregate_results_to_json("goldens/*/metrics/*/results/aggregate/evaluation.json",
                                                str(FOLDER / "dlib_aggregate.json"))
