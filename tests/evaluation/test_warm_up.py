"""Compiling ahead leaves nothing to compile for the first score."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from unbraid.common.console import COMMANDS

SCORING = """
import numpy as np
from unbraid.common.configuration.parsing import configured
from unbraid.evaluation.protocol.evaluate import compute_scores, load_metrics
from unbraid.ground_truth.registry import data_sets
load_metrics()
for name in ("dsprites_full", "threeDots"):
    for metric, sizes in (("dci", ["dci.num_train = 200", "dci.num_test = 100"]),
                          ("modularity_explicitness", ["modularity_explicitness.num_train = 100",
                                                       "modularity_explicitness.num_test = 50"]),
                          ("factor_vae_metric", ["factor_vae_score.num_train = 50", "factor_vae_score.num_eval = 30"])):
        with configured([metric], sizes):
            compute_scores(data_sets()[name](), lambda images: np.asarray(images).reshape(len(images), -1)[:, ::500],
                           None)
"""


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_nothing_is_left_to_compile(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    module = f"unbraid{COMMANDS['warmup'][0]}"
    finished = subprocess.run([sys.executable, "-m", module], env=environment, capture_output=True, text=True,
                              check=True)
    assert "images of dsprites_full" in finished.stdout
    compiled = files(tmp_path)
    assert any(name.endswith(".equal") for name in compiled)
    subprocess.run([sys.executable, "-c", SCORING], env=environment, check=True)
    assert files(tmp_path) == compiled
