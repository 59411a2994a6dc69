"""From a checkpoint to an artifact and to scores, by the commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.common.errors import UserError
from unbraid.evaluation.__main__ import main as evaluate
from unbraid.export import ArtifactError, load_representation
from unbraid.export.__main__ import main as export
from unbraid.export.files.locating import locate
from unbraid.export.formats import get_formats
from unbraid.export.importers.import_checkpoint import import_checkpoint
from unbraid.export.reading.checkpoint_cache import exported_checkpoint
from unbraid.export.writing.verification_images import verification_images
from unbraid.training.architectures.registry import build
from unbraid.training.running.checkpoint import write_checkpoint

SMALL_MIG = ["--gin_config", "mig", "--gin_bindings", "dataset.name = 'threeDots'", "mig.num_train = 200"]


@pytest.fixture
def checkpoint(tmp_path: Path, disvae: Callable) -> Path:
    folder = tmp_path / "theirs"
    folder.mkdir()
    torch.save(disvae(), folder / "model.pt")
    return folder


def test_an_export_says_where_it_came_from(tmp_path: Path, checkpoint: Path, images: np.ndarray,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out"
    arguments = ["--from", str(checkpoint), "--data_set", "threeDots", "--output_dir", str(output)]
    assert export([*arguments, "--formats", "onnx"]) == 0
    assert "mean of 3 latents, images (1, 64, 64)" in capsys.readouterr().out
    assert sorted(path.name for path in output.iterdir()) == ["decoder.onnx", "export.json", "posterior.onnx",
                                                             "representation.onnx"]
    representation = load_representation(output)
    assert representation.record is not None
    assert representation.record.data_set == "threeDots"
    source = representation.record.source
    assert source is not None
    assert {key: source[key] for key in ("format", "project", "file")} == {
        "format": "disentangling_vae", "project": "YannDubs/disentangling-vae", "file": "model.pt"}
    with torch.no_grad():
        expected = import_checkpoint(checkpoint)[0].encoder(torch.from_numpy(images.transpose(0, 3, 1, 2)))[0]
    np.testing.assert_allclose(representation(images), expected, atol=1e-5)
    decoder = get_formats(["onnx"])["onnx"].open(output / "decoder.onnx", "cpu")
    pictures = decoder(representation(images))
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert export(arguments) == 2, "what is there is not replaced"


@pytest.mark.parametrize(("arguments", "message"), [
    (["--data_set", "shapes3d_"], "Unknown data set 'shapes3d_'"),
    (["--format", "keras"], "Unknown checkpoint format 'keras'"),
    (["--head", "halves"], "is a checkpoint, whose network is known; --layout, --output and --head are for finished"),
    (["--module", "a:B", "--layout", "NHWC"], "--input_statistics are not for --module"),
    (["--gin_config", "export/ica"], "name their data set with --data_set"),
    (["--representation", "mean", "--gin_config", "export/ica"], "both say what is exported"),
])
def test_what_cannot_be_exported_is_one_sentence(tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str],
                                                 arguments: list[str], message: str) -> None:
    assert export(["--from", str(checkpoint), "--output_dir", str(tmp_path / "out"), *arguments]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert message in error
    assert not (tmp_path / "out").exists()


def test_a_data_set_of_another_shape_is_named() -> None:
    with pytest.raises(UserError, match=r"takes images .* = \(3, 64, 64\), but those of threeDots are \(1, 64, 64\)"):
        verification_images((3, 64, 64), "threeDots")


def test_a_checkpoint_is_scored_and_exported_once(tmp_path: Path, checkpoint: Path,
                                                  capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "scores"
    arguments = ["--model_dir", str(checkpoint), "--output_dir", str(output), *SMALL_MIG]
    assert evaluate(arguments) == 0
    assert "discrete_mig" in capsys.readouterr().out
    exported = tmp_path / "scores.representation" / "pytorch_model.pt"
    first = exported.stat().st_mtime_ns
    assert evaluate([*arguments, "--overwrite"]) == 0
    assert exported.stat().st_mtime_ns == first
    results = json.loads((output / "results" / "json" / "evaluation_results.json").read_text())
    assert results["artifact_file"] == "representation.onnx"


@pytest.mark.slow
def test_input_statistics_that_are_taken_back_are_exported_and_scored_again(
        tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def score(output: str, *arguments: str) -> float:
        assert evaluate(["--model_dir", str(checkpoint), "--output_dir", str(tmp_path / output), *SMALL_MIG,
                         *arguments]) == 0
        return json.loads((tmp_path / output / "results" / "json" / "evaluation_results.json").read_text())[
            "discrete_mig"]

    assert score("scores", "--input_statistics", "0.5", "0.05") != score("fresh")
    capsys.readouterr()
    assert score("scores", "--overwrite") == score("fresh", "--resume")
    assert "scores.representation: recomputed: option changed (--input_statistics was" in capsys.readouterr().out


def test_a_checkpoint_that_cannot_be_scored_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"net.weight": torch.zeros(1)}, tmp_path / "model.pt")
    output = tmp_path / "scores"
    assert evaluate(["--model_dir", str(tmp_path / "model.pt"), "--output_dir", str(output), *SMALL_MIG]) == 2
    error = capsys.readouterr().err
    assert "unbraid-evaluate: " in error
    assert "Its keys are: net.weight" in error
    assert not output.exists()


@pytest.mark.parametrize("shape", [(1, 64, 64), (3, 32, 32), (1, 28, 30)])
def test_made_up_pictures_are_images(shape: tuple[int, int, int]) -> None:
    pictures = verification_images(shape, None)
    assert pictures.shape[1:] == (*shape[1:], shape[0])
    assert pictures.min() >= 0
    assert pictures.max() <= 1


def test_our_own_checkpoint_is_read_too(tmp_path: Path) -> None:
    description = {"image_shape": [1, 64, 64], "num_latent": 3}
    networks = {part: build({"name": name, "arguments": description})
                for part, name in (("encoder", "conv_encoder"), ("decoder", "deconv_decoder"))}
    weights = {f"{part}.{key}": value for part, network in networks.items()
               for key, value in network.state_dict().items()}
    write_checkpoint(tmp_path, {
        "step": 1, "method": "vae", "data_set": "threeDots", "image_shape": [1, 64, 64], "num_latent": 3,
        "networks": {part: network.description for part, network in networks.items()}, "activation": "logits",
        "gin_config": "", "objective": weights})
    model, origin = import_checkpoint(tmp_path)
    assert (origin["format"], model.num_latent) == ("unbraid", 3)
    images = torch.rand(2, 1, 64, 64)
    torch.testing.assert_close(model.encoder(images)[0], networks["encoder"].eval()(images)[0])


def test_what_scoring_left_in_a_run_is_no_second_model(tmp_path: Path) -> None:
    for name in ("model/checkpoint.pt", "scores.representation/pytorch_model.pt", "more.representation/model.onnx"):
        (tmp_path / name).parent.mkdir()
        torch.save({"a": torch.zeros(1)}, tmp_path / name)
    assert locate(tmp_path).path == tmp_path / "model" / "checkpoint.pt"
    (tmp_path / "representation").mkdir()
    (tmp_path / "representation" / "model.onnx").write_bytes((tmp_path / "more.representation/model.onnx").read_bytes())
    assert locate(tmp_path).path == tmp_path / "representation" / "model.onnx"


def test_a_folder_of_several_models_is_asked_about(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        torch.save({"a": torch.zeros(1)}, tmp_path / name / "model.pt")
    with pytest.raises(ArtifactError, match=r"holds 2 models \(first/model\.pt, second/model\.pt\); give the path of"):
        exported_checkpoint(tmp_path, tmp_path / "scores")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ArtifactError, match=r"holds no model: expected one of saved_model\.pb, .*checkpoints\.md"):
        exported_checkpoint(empty, tmp_path / "scores")


def test_of_a_run_of_disentanglement_lib_the_model_is_taken(tmp_path: Path) -> None:
    for part in ("model", "postprocessed/mean", "postprocessed/sampled"):
        (tmp_path / part / "tfhub").mkdir(parents=True)
        (tmp_path / part / "tfhub" / "saved_model.pb").touch()
    assert locate(tmp_path).path == tmp_path / "model" / "tfhub" / "saved_model.pb"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "saved_model.pb").touch()
    with pytest.raises(ArtifactError, match="holds 4 models"):
        locate(tmp_path)
