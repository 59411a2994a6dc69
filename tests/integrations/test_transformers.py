"""Scores in a real training of a Hugging Face Trainer; runs where transformers is installed (see CONTRIBUTING)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import unbraid

transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")

FACTORS = np.stack(np.unravel_index(np.arange(120) % 12, (3, 4)), axis=1)
IMAGES = torch.from_numpy(np.random.RandomState(0).rand(120, 1, 8, 8).astype(np.float32))


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 3))
        self.decoder = nn.Linear(3, 64)

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"loss": (self.decoder(self.encoder(images)) - images.flatten(1)).square().mean()}


def fitted(folder: Path, interval: dict[str, int] | None = None, report_to: str = "none") -> tuple[Model, Any]:
    transformers.set_seed(3)
    arguments = transformers.TrainingArguments(str(folder), num_train_epochs=2, per_device_train_batch_size=20,
                                               report_to=report_to, logging_steps=4, save_strategy="no", use_cpu=True,
                                               disable_tqdm=True, remove_unused_columns=False)
    trainer = transformers.Trainer(Model(), arguments, train_dataset=[{"images": image} for image in IMAGES])
    if interval:
        from unbraid.integrations.transformers import ScoreCallback

        scorer = unbraid.Scorer(data=(IMAGES, FACTORS), metrics=["mig"])
        trainer.add_callback(ScoreCallback(trainer, scorer, lambda model: model.encoder, **interval))
    trainer.train()
    return trainer.model, trainer


def logged(trainer: Any) -> dict[int, float]:
    """Scores by step."""
    return {row["step"]: row["unbraid/mig/discrete_mig"] for row in trainer.state.log_history
            if "unbraid/mig/discrete_mig" in row}


def test_scores_are_logged_and_the_training_takes_no_notice(tmp_path: Path) -> None:
    plain, _ = fitted(tmp_path / "plain")
    scored, trainer = fitted(tmp_path / "scored", {"every_n_steps": 5})
    assert all(torch.equal(tensor, scored.state_dict()[name]) for name, tensor in plain.state_dict().items())
    assert list(logged(trainer)) == [5, 10]


def test_an_epoch_s_score_is_that_of_the_model_then(tmp_path: Path) -> None:
    model, trainer = fitted(tmp_path, {"every_n_epochs": 1})
    found = logged(trainer)
    assert list(found) == [6, 12]
    codes = model.encoder.eval()(IMAGES)
    assert found[12] == pytest.approx(unbraid.score(codes, FACTORS, ["mig"])["mig"]["discrete_mig"])


def test_scores_go_where_the_trainer_reports_to(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    fitted(tmp_path, {"every_n_steps": 5}, "tensorboard")
    (events,) = {path.parent for path in tmp_path.rglob("events.out.tfevents.*")}
    accumulator = EventAccumulator(str(events))
    accumulator.Reload()
    assert [event.step for event in accumulator.Scalars("train/unbraid/mig/discrete_mig")] == [5, 10]
