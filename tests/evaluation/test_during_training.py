"""Evaluation during training: the scores an export would get, and a training that takes no notice of it."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from unbraid.common.errors import ConfigurationError
from unbraid.evaluation.during_training import EvaluateDuringTraining
from unbraid.evaluation.sampling.code_table import CodeTable
from unbraid.training.__main__ import main

CONFIG = """
dataset.name = "threeDotsCacheSmall"
model.model = @vae()
vae.beta = 1.0
model.batch_size = 8
model.training_steps = 6
model.random_seed = 3
model.log_steps = 4
model.checkpoint_steps = 4
encoder.num_latent = 4
encoder.encoder_fn = @test_encoder
decoder.decoder_fn = @test_decoder
reconstruction_loss.loss_fn = @bernoulli_loss
vae_optimizer.optimizer_fn = @AdamOptimizer
AdamOptimizer.learning_rate = 0.001
discriminator_optimizer.optimizer_fn = @AdamOptimizer
discriminator.discriminator_fn = @fc_discriminator
"""
SCORED = ("evaluate_during_training.metrics = ['mig', 'modularity_explicitness']", "evaluate_during_training.steps = 4",
          "evaluate_during_training.bindings = ['mig.num_train = 200', 'modularity_explicitness.num_train = 200', "
          "'modularity_explicitness.num_test = 100']")


def run(folder: Path, name: str, bindings: Sequence[str] = (), scored: bool = True, *flags: str) -> int:
    config = folder / "small.gin"
    config.write_text(CONFIG)
    configs = [str(config), *(["evaluate_during_training"] if scored else [])]
    return main(["--model_dir", str(folder / name), "--device", "cpu", *flags, "--gin_config", *configs,
                 "--gin_bindings", "model.eval_steps = 1", *(SCORED if scored else ()), *bindings])


def rows(model_dir: Path, name: str = "scores.csv") -> list[dict[str, str]]:
    with (model_dir / name).open() as file:
        return list(csv.DictReader(file))


def weights(model_dir: Path) -> dict[str, torch.Tensor]:
    return torch.load(model_dir / "checkpoint.pt", weights_only=True)["objective"]


def assert_same_weights(first: Path, second: Path) -> None:
    ours, theirs = weights(first), weights(second)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one training scored at steps 4 and 6, and the same without."""
    folder = tmp_path_factory.mktemp("runs")
    assert run(folder, "scored") == 0
    assert run(folder, "plain", scored=False) == 0
    return folder


def test_weights_are_the_same_bits_with_and_without(trained: Path) -> None:
    assert_same_weights(trained / "scored", trained / "plain")
    assert rows(trained / "scored", "train_log.csv") == rows(trained / "plain", "train_log.csv")


def test_scores_are_those_of_the_exported_model(trained: Path) -> None:
    from unbraid.evaluation.__main__ import main as evaluate
    from unbraid.export.__main__ import main as export

    representation = trained / "representation"
    assert export(["--model_dir", str(trained / "scored"), "--output_dir", str(representation), "--formats",
                   "torchscript"]) == 0
    assert evaluate(["--model_dir", str(representation), "--output_dir", str(trained / "metrics"), "--gin_config",
                     "mig", "modularity_explicitness", "--gin_bindings", "mig.num_train = 200",
                     "modularity_explicitness.num_train = 200", "modularity_explicitness.num_test = 100"]) == 0
    last = rows(trained / "scored")[-1]
    for metric, key in (("mig", "discrete_mig"), ("modularity_explicitness", "modularity_score")):
        exported, during = (json.loads((folder / metric / "results" / "json" / "evaluation_results.json").read_text())
                            for folder in (trained / "metrics", trained / "scored" / "evaluation" / "6"))
        assert during[key] == pytest.approx(exported[key], abs=1e-6)
        assert float(last[metric]) == pytest.approx(exported[key], abs=1e-6)


def test_scores_go_to_csv_tensorboard_results_and_a_table(trained: Path, tmp_path: Path, capsys) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    assert run(tmp_path, "model") == 0
    written = rows(tmp_path / "model")
    assert [row["step"] for row in written] == ["4", "6"]
    table = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("Written:")]
    assert table[0].split() == ["step", "mig", "modularity_explicitness"]
    assert table[2].split() == ["4", *(f"{float(written[0][name]):.4f}" for name in ("mig", "modularity_explicitness"))]
    events = EventAccumulator(str(tmp_path / "model" / "tensorboard")).Reload()
    logged = {event.step: event.value for event in events.Scalars("evaluation/mig")}
    assert logged == {int(row["step"]): pytest.approx(float(row["mig"])) for row in written}
    results = json.loads((tmp_path / "model/evaluation/4/mig/results/json/evaluation_results.json").read_text())
    assert results["discrete_mig"] == pytest.approx(float(written[0]["mig"]))


def test_each_image_is_encoded_once_a_step(tmp_path: Path, monkeypatch) -> None:
    tables = []
    monkeypatch.setattr(CodeTable, "__init__", _remembering(tables))
    assert run(tmp_path, "model", ["dataset.name = 'dummy_data'", "model.training_steps = 2"]) == 0
    images = 5 * 6 * 2 * 8 * 3  # dummy_data's factors, or fewer
    assert len(tables) == 1
    assert 0 < tables[0].num_encoded <= images


def _remembering(tables: list[CodeTable]):
    original = CodeTable.__init__

    def remember(self: CodeTable, *arguments: object, **options: object) -> None:
        original(self, *arguments, **options)
        tables.append(self)

    return remember


def test_resumed_training_scores_again_what_came_after_its_checkpoint(trained: Path, tmp_path: Path) -> None:
    assert run(tmp_path, "model", ["model.training_steps = 4"]) == 0
    with (tmp_path / "model" / "scores.csv").open("a") as file:
        file.write("5,0.5,0.5\n")  # as a run that was killed before its next checkpoint leaves it
    assert run(tmp_path, "model", [], True, "--resume") == 0
    assert rows(tmp_path / "model") == rows(trained / "scored")
    assert_same_weights(tmp_path / "model", trained / "plain")


def test_evaluation_may_be_added_or_changed_on_resuming(trained: Path, tmp_path: Path) -> None:
    assert run(tmp_path, "model", ["model.training_steps = 4"], scored=False) == 0
    assert run(tmp_path, "model", ["model.training_steps = 5"], True, "--resume") == 0
    assert run(tmp_path, "model", ["evaluate_during_training.metrics = ['sap_score']",
                                   "evaluate_during_training.bindings = ['sap_score.num_train = 100', "
                                   "'sap_score.num_test = 100']"], True, "--resume") == 0
    assert_same_weights(tmp_path / "model", trained / "plain")
    assert list(rows(tmp_path / "model")[0]) == ["step", "mig", "modularity_explicitness", "sap_score"]
    assert [row["mig"] == "" for row in rows(tmp_path / "model")] == [False, True]


def test_overwriting_removes_old_scores(tmp_path: Path) -> None:
    assert run(tmp_path, "model", ["model.training_steps = 1"]) == 0
    assert run(tmp_path, "model", [], False, "--overwrite") == 0
    assert not (tmp_path / "model" / "scores.csv").exists()
    assert not (tmp_path / "model" / "evaluation").exists()


@pytest.mark.parametrize(("steps", "increment", "due"), [
    (4, 1, [4, 8, 9]), ([2, 7], 1, [2, 7]), (3, 2, [4, 6, 10]), ([3, 8], 2, [4, 8])])
def test_steps(steps: object, increment: int, due: list[int]) -> None:
    callback = EvaluateDuringTraining(["mig"], steps)
    callback.training = SimpleNamespace(training_steps=9, step_increment=increment)
    assert [step for step in range(increment, 11, increment) if step < 9 + increment and callback.is_due(step)] == due


@pytest.mark.parametrize(("binding", "message"), [
    ("evaluate_during_training.metrics = ['migg']", "There is no gin config 'migg'"),
    ("evaluate_during_training.metrics = 'mig'", "metrics is 'mig' (binding"),
    ("evaluate_during_training.metrics = ['udr']", "has 'udr', which compares several models"),
    ("evaluate_during_training.steps = 0", "expected a whole number of at least 1 or a list"),
    ("evaluate_during_training.steps = [2, 60]", "steps has 60, but the training ends at step 6"),
    ("evaluate_during_training.bindings = ['mig.num_trian = 1']", "'mig' has no gin parameter 'num_trian'"),
    ("model.callbacks = @evaluate_during_training()", "expected a list, each item a Callback, such as @name()"),
    ("model.callbacks = [@evaluate_during_training]", "expected a list, each item a Callback, such as @name()"),
])
def test_bad_input(binding: str, message: str, tmp_path: Path, capsys) -> None:
    assert run(tmp_path, "model", [binding]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_data_set_without_factors_is_refused_before_training() -> None:
    callback = EvaluateDuringTraining(["mig"], 4)
    training = SimpleNamespace(data=SimpleNamespace(factors_num_values=[]), data_set="natural_images")
    with pytest.raises(ConfigurationError, match="needs a data set with known factors, which 'natural_images' has not"):
        callback.start(training)


def test_without_the_import_the_name_is_unknown(tmp_path: Path, capsys) -> None:
    assert run(tmp_path, "model", ["model.callbacks = [@evaluate_during_trainin()]"], scored=False) == 2
    assert "gin knows no configurable 'evaluate_during_trainin'" in capsys.readouterr().err


def test_codes_are_the_posterior_mean_whatever_the_mode() -> None:
    from unbraid.training.running.callbacks import MeanEncoder

    encoder = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(0.5), torch.nn.Linear(48, 4))
    encode = MeanEncoder(Pair(encoder), "cpu")
    images = np.random.RandomState(0).rand(5, 4, 4, 3).astype(np.float32)
    state = torch.get_rng_state()
    np.testing.assert_array_equal(encode(images), encode(images))
    assert torch.equal(state, torch.get_rng_state())
    assert encode.encoder.training


class Pair(torch.nn.Module):
    """An encoder with a mean and a log-variance."""

    def __init__(self, mean: torch.nn.Module):
        super().__init__()
        self.mean = mean

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.mean(images), torch.zeros(len(images), 4)
