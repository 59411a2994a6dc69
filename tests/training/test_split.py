"""Training on a part of the images: batches stay inside, and the results are of those held out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import ConfigurationError, UserError
from unbraid.ground_truth.bases.parts import DataPart
from unbraid.training.__main__ import main
from unbraid.training.running.train import training_data


def test_the_part_is_trained_on_and_the_others_evaluated(train_small, tmp_path: Path, monkeypatch) -> None:
    drawn: list[tuple[str, bool]] = []
    sample = DataPart.sample

    def noted(self, num, random_state):
        factors, observations = sample(self, num, random_state)
        drawn.append((self.part, bool(self.holds(observations.indices).all())))
        return factors, observations

    monkeypatch.setattr(DataPart, "sample", noted)
    train_small(tmp_path / "model", "dataset.split = 0.6")
    assert all(inside for _, inside in drawn)
    assert [part for part, _ in drawn[-8:]] == ["train"] * 6 + ["held_out"] * 2  # six steps, two batches at the end
    assert "dataset.split = 0.6" in (tmp_path / "model" / "results" / "gin" / "train.gin").read_text()
    assert json.loads((tmp_path / "model" / "results" / "json" / "train_results.json").read_text())["global_step"] == 6


def test_a_named_part_is_trained_on() -> None:
    with configured([], ["dataset.name = 'threeDots'", "dataset.split = 0.6", "dataset.part = 'held_out'"]):
        assert training_data().part == "held_out"


def test_methods_of_pairs_are_refused_before_anything_is_written(train_small, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="chooses images by their factors"):
        train_small(tmp_path / "model", "dataset.split = 0.6", "model.model = @group_vae_labels()",
                    "group_vae_labels.beta = 1.0", "dynamics.k = 1", "encoder.num_latent = 6")
    assert not (tmp_path / "model").exists()


def test_another_split_is_no_resumed_training(train_small, tmp_path: Path) -> None:
    train_small(tmp_path / "model", "dataset.split = 0.6")
    with pytest.raises(ConfigurationError, match=r"dataset.split was 0.6 and is 0.7"):
        train_small(tmp_path / "model", "dataset.split = 0.7", resume=True)


def test_the_flag_is_the_binding(small_config: Path, tmp_path: Path, capsys) -> None:
    assert main(["--gin_config", str(small_config), "--model_dir", str(tmp_path / "model"), "--split", "1.5"]) == 2
    assert "dataset.split is 1.5" in capsys.readouterr().err
    assert main(["--gin_config", str(small_config), "--model_dir", str(tmp_path / "model"), "--split", "0.7"]) == 0
    assert "dataset.split = 0.7" in (tmp_path / "model" / "results" / "gin" / "train.gin").read_text()
