"""Scores in a real Lightning training; runs where Lightning is installed (see CONTRIBUTING)."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import unbraid

lightning = pytest.importorskip("lightning")

FACTORS = np.stack(np.unravel_index(np.arange(120) % 12, (3, 4)), axis=1)
IMAGES = torch.from_numpy(np.random.RandomState(0).rand(120, 1, 8, 8).astype(np.float32))


class Model(lightning.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 3))
        self.decoder = nn.Linear(3, 64)

    def training_step(self, batch: Any, batch_index: int) -> torch.Tensor:
        loss = (self.decoder(self.encoder(batch[0])) - batch[0].flatten(1)).square().mean()
        self.log("loss", loss)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), 0.01)


def fitted(folder: Path, callbacks: list[Any], **options: Any) -> tuple[Model, Any]:
    lightning.seed_everything(3)
    model, loader = Model(), DataLoader(TensorDataset(IMAGES, torch.from_numpy(FACTORS)), batch_size=20, shuffle=True)
    logger = lightning.pytorch.loggers.CSVLogger(str(folder), name="", version="")
    trainer = lightning.Trainer(max_epochs=2, accelerator="cpu", logger=logger, callbacks=callbacks,
                                enable_progress_bar=False, enable_model_summary=False,
                                **{"enable_checkpointing": False} | options)
    trainer.fit(model, loader)
    return model, trainer


def logged(folder: Path) -> dict[int, float]:
    """Scores by step."""
    with (folder / "metrics.csv").open() as file:
        return {int(row["step"]): float(row["unbraid/mig/discrete_mig"]) for row in csv.DictReader(file)
                if row.get("unbraid/mig/discrete_mig")}


def callback(**interval: int) -> Any:
    from unbraid.integrations.lightning import ScoreCallback

    return ScoreCallback(unbraid.Scorer(data=(IMAGES, FACTORS), metrics=["mig"]), lambda module: module.encoder,
                         **interval)


def test_scores_reach_the_logger_and_the_training_takes_no_notice(tmp_path: Path) -> None:
    plain, _ = fitted(tmp_path / "plain", [])
    scored, trainer = fitted(tmp_path / "scored", [callback(every_n_steps=5)])
    assert all(torch.equal(tensor, scored.state_dict()[name]) for name, tensor in plain.state_dict().items())
    assert list(logged(tmp_path / "scored")) == [5, 10]
    assert "unbraid/mig/discrete_mig" in trainer.callback_metrics


def test_an_epoch_s_score_is_that_of_the_model_then(tmp_path: Path) -> None:
    model, _ = fitted(tmp_path, [callback(every_n_epochs=1)])
    found = logged(tmp_path)
    assert list(found) == [6, 12]
    codes = model.encoder.eval()(IMAGES)
    assert found[12] == pytest.approx(unbraid.score(codes, FACTORS, ["mig"])["mig"]["discrete_mig"])


def test_a_checkpoint_is_chosen_by_a_score(tmp_path: Path) -> None:
    kept = lightning.pytorch.callbacks.ModelCheckpoint(tmp_path, monitor="unbraid/mig/discrete_mig", mode="max")
    _, trainer = fitted(tmp_path, [callback(every_n_epochs=1), kept], enable_checkpointing=True)
    assert kept.best_model_score == pytest.approx(max(logged(tmp_path).values()))
    assert Path(trainer.checkpoint_callback.best_model_path).is_file()
