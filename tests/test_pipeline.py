"""From a gin file to scores, through the commands a user types."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.evaluation.__main__ import main as evaluate
from unbraid.export import load_representation
from unbraid.export.__main__ import main as export
from unbraid.ground_truth.sets.three_dots import ThreeDots
from unbraid.training.__main__ import main as train
from unbraid.training.running.checkpoint import load_model

TINY = ["model.training_steps = 2", "model.batch_size = 4", "model.eval_steps = 1"]
SMALL = ["mig.num_train = 200", "local_mig.num_train = 100", "local_mig.num_local_clusters = 2"]


@pytest.fixture(scope="module", params=["quickstart_beta_vae", "quickstart_jlonevae"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose model was trained for two steps and exported."""
    folder = tmp_path_factory.mktemp(request.param)
    assert train(["--model_dir", str(folder / "model"), "--gin_config", request.param, "--device", "cpu",
                  "--gin_bindings", *TINY]) == 0
    assert export(["--model_dir", str(folder / "model"), "--output_dir", str(folder / "representation")]) == 0
    return folder


def test_the_export_is_the_encoders_mean(run: Path) -> None:
    images = np.asarray(ThreeDots().sample_observations(5, np.random.RandomState(1)))
    with torch.no_grad():
        mean, _ = load_model(run / "model").encoder(torch.from_numpy(images.transpose(0, 3, 1, 2).copy()))
    for backend in ("onnx", "torchscript", "export"):
        np.testing.assert_allclose(load_representation(run, backend)(images), mean.numpy(), atol=1e-5)


def test_the_export_knows_where_it_comes_from(run: Path) -> None:
    record = load_representation(run).record
    assert record is not None
    assert record.method == ("vae" if "beta" in run.name else "jlonevae")
    assert record.data_set == "threeDots", "trained on a cache of three-dots, scored on the whole"
    assert "model.training_steps = 2" in record.gin_config
    assert sorted(path.name for path in (run / "representation").glob("decoder.*")) == [
        "decoder.onnx", "decoder.pt", "decoder.pt2"]


def test_scores_carry_the_steps_before_them(run: Path, tmp_path: Path) -> None:
    assert evaluate(["--model_dir", str(run / "representation"), "--output_dir", str(tmp_path / "metrics"),
                     "--gin_config", "mig", "local_mig_0_1", "--gin_bindings", *SMALL]) == 0
    merged = json.loads((tmp_path / "metrics/mig/results/aggregate/evaluation.json").read_text())
    assert merged["train_config.model.batch_size"] == "4"
    assert merged["train_results.global_step"] == 2
    assert merged["postprocess_config.postprocess.postprocess_fn"] == "@mean_representation"
    assert merged["postprocess_config.dataset.name"] == "'threeDots'"
    assert 0 <= merged["evaluation_results.discrete_mig"] <= 1


def test_a_sampled_representation_is_a_gin_file_away(run: Path, tmp_path: Path) -> None:
    assert export(["--model_dir", str(run / "model"), "--output_dir", str(tmp_path / "sampled"), "--formats", "onnx",
                   "--gin_config", "export/sampled"]) == 0
    record = load_representation(tmp_path / "sampled").record
    assert record is not None
    assert record.representation == "sample"


@pytest.mark.parametrize(("arguments", "message"), [
    (["--model_dir", "nowhere"], "There is no checkpoint"),
    (["--gin_bindings", "dataset.name = 'nowhere'"], "Unknown data set 'nowhere'"),
    (["--gin_bindings", "postprocess.postprocess_fn = @median"], "gin knows no configurable 'median'"),
    (["--gin_config", "quickstart_beta_vae"], "postprocess.postprocess_fn must be given"),
])
def test_a_mistake_is_one_sentence_and_writes_nothing(run: Path, tmp_path: Path, arguments: list[str], message: str,
                                                      capsys: pytest.CaptureFixture[str]) -> None:
    status = export(["--model_dir", str(run / "model"), "--output_dir", str(tmp_path / "out"), *arguments])
    error = capsys.readouterr().err
    assert (status, message in error, error.count("\n")) == (2, True, 1), error
    assert list(tmp_path.iterdir()) == []


def test_an_existing_output_is_refused_before_any_work(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(["--model_dir", "nowhere", "--output_dir", str(run / "representation")]) == 2
    assert "already exists" in capsys.readouterr().err


def test_a_truncated_checkpoint_is_named(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model").mkdir()
    content = (run / "model" / "checkpoint.pt").read_bytes()
    (tmp_path / "model" / "checkpoint.pt").write_bytes(content[: len(content) // 2])
    assert export(["--model_dir", str(tmp_path / "model"), "--output_dir", str(tmp_path / "out")]) == 2
    assert "model/checkpoint.pt cannot be read as a checkpoint" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
