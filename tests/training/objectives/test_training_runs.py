"""Every shipped config trains, from its gin file to its results: a few steps, or a few hundred with -m slow."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch

from unbraid.common.configuration.parsing import CONFIG_ROOT, configured
from unbraid.training.running.checkpoint import load_model
from unbraid.training.running.train import train

# One config for each method and base; their data sets are replaced by three-dots.
CONFIGS = sorted(path.stem for path in (CONFIG_ROOT / "training").glob("*_dsprites_full.gin"))
SHORT = ("dataset.name = 'threeDotsCacheSmall'", "model.eval_steps = 1")


def losses(model_dir: Path) -> list[float]:
    with (model_dir / "train_log.csv").open() as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("config", CONFIGS)
def test_config_trains(config: str, tmp_path: Path) -> None:
    with configured([config], [*SHORT, "model.training_steps = 2", "model.batch_size = 4"]):
        train(tmp_path / "model")
    model = load_model(tmp_path / "model")
    images = model.decoder(model.encoder(torch.rand(2, 1, 64, 64))[0])
    assert images.shape == (2, 1, 64, 64)


@pytest.mark.slow
@pytest.mark.parametrize("config", CONFIGS)
def test_loss_falls(config: str, tmp_path: Path) -> None:
    with configured([config], [*SHORT, "model.training_steps = 300", "model.batch_size = 16", "model.log_steps = 20",
                               "AdamOptimizer.learning_rate = 0.001"]):
        train(tmp_path / "model")
    recorded = losses(tmp_path / "model")
    assert recorded[-1] < 0.7 * recorded[0]
