"""Checkpoints: plain data that rebuild the model, and files that are none."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from unbraid.training.running import checkpoint
from unbraid.training.running.checkpoint import CheckpointError, load_model, read_checkpoint


def test_model_comes_back_from_plain_data(trained_dir: Path) -> None:
    model = load_model(trained_dir)
    assert (model.method, model.data_set, model.step) == ("vae", "threeDotsCacheSmall", 6)
    assert (model.input_shape, model.num_latent) == ((1, 64, 64), 4)
    assert "vae.beta = 4.0" in model.gin_config
    mean, log_variance = model.encoder(torch.rand(3, 1, 64, 64))
    assert mean.shape == log_variance.shape == (3, 4)
    assert not model.encoder.training
    images = model.decoder(mean)
    assert images.shape == (3, 1, 64, 64)
    assert 0 <= float(images.min()) <= float(images.max()) <= 1


def test_model_loads_where_nothing_of_the_training_was_imported(trained_dir: Path) -> None:
    # As the export does it, with a configuration already in use.
    code = ("from unbraid.common.configuration.parsing import configured\n"
            "with configured():\n"
            "    from unbraid.training.running.checkpoint import load_model\n"
            f"    print(load_model({str(trained_dir)!r}).num_latent)")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "4\n"


def test_activation_is_that_of_the_training(train_small, tmp_path: Path) -> None:
    train_small(tmp_path / "model", "reconstruction_loss.activation = 'tanh'")
    decoder = load_model(tmp_path / "model").decoder
    latents = torch.randn(2, 4)
    torch.testing.assert_close(decoder(latents), torch.tanh(decoder.decoder(latents)) / 2 + 0.5)


def test_file_loads_without_running_code(trained_dir: Path) -> None:
    assert "weights_only=True" in inspect.getsource(checkpoint)
    content = torch.load(trained_dir / "checkpoint.pt", weights_only=True)
    assert content["seeds"]["random_seed"] == 3


def test_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"There is no checkpoint .*checkpoint.pt; expected the model directory"):
        load_model(tmp_path)


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"no model"])
def test_file_that_is_no_checkpoint_is_named(trained_dir: Path, tmp_path: Path, damage) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(damage((trained_dir / "checkpoint.pt").read_bytes()))
    with pytest.raises(CheckpointError, match=r"checkpoint.pt cannot be read as a checkpoint; expected a whole file"):
        load_model(tmp_path)


def test_foreign_file_is_refused(tmp_path: Path) -> None:
    torch.save({"state_dict": {"weight": torch.zeros(2)}}, tmp_path / "checkpoint.pt")
    with pytest.raises(CheckpointError, match=r"is no checkpoint of unbraid-train; expected a file whose format is"):
        load_model(tmp_path)


def test_pickled_module_is_refused(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "checkpoint.pt")
    with pytest.raises(CheckpointError, match="cannot be read as a checkpoint"):
        load_model(tmp_path)


@pytest.mark.parametrize(("change", "message"), [
    (lambda content: content.pop("networks"), r"version 1 and lacks \['networks'\]; expected version 1"),
    (lambda content: content.update(version=9), r"has format version 9"),
    (lambda content: content["objective"].pop("encoder.head.mean.bias"), r"weights of 'encoder' .* do not fit"),
])
def test_incomplete_content_is_named(trained_dir: Path, tmp_path: Path, change, message: str) -> None:
    content = read_checkpoint(trained_dir)
    change(content)
    torch.save(content, tmp_path / "checkpoint.pt")
    with pytest.raises(CheckpointError, match=message):
        load_model(tmp_path)
