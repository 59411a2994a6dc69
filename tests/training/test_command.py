"""unbraid-train: one sentence and exit status 2 for bad input, nothing half written."""

from pathlib import Path

import pytest
import torch

from unbraid.training.__main__ import main

# Bindings that make the small configuration unusable, and what the sentence must hold.
BAD_INPUT = {
    "unknown method": ("model.model = @vea()", "no configurable 'vea' (binding 1). Did you mean vae?"),
    "unknown architecture": ("encoder.encoder_fn = @conv_encodr", "'conv_encodr' (binding 1). Did you mean"),
    "unknown parameter": ("vae.betta = 1.0", "'vae' has no gin parameter 'betta' (binding 1). Did you mean beta?"),
    "unknown data set": ("dataset.name = 'threeDot'", "Unknown data set 'threeDot'. Did you mean threeDots"),
    "no method": ("model.model = @conv_encoder", "expected an instance of a method, such as @vae()"),
    "method as a string": ("model.model = 'vae'", "model.model is 'vae' (binding 1); expected an instance of a method"),
    "architecture as a string": ("encoder.encoder_fn = 'conv'",
                                 "encoder.encoder_fn is 'conv' (binding 1); expected a reference"),
    "no latents": ("encoder.num_latent = 0", "encoder.num_latent is 0 (binding 1); expected a whole number from 1 to "),
    "no batch": ("model.batch_size = 0", "model.batch_size is 0 (binding 1); expected a whole number from 1 to "),
    "steps in words": ("model.training_steps = 'many'",
                       "model.training_steps is 'many' (binding 1); expected a whole number"),
    "wrong side": ("encoder.encoder_fn = @jl1_tiny16_encoder", "takes 16x16 images, but the data set's are 64x64"),
    "activation": ("reconstruction_loss.activation = 'relu'", "Valid names: logits, tanh"),
}


def run(small_config: Path, model_dir: Path, *arguments: str) -> int:
    return main(["--gin_config", str(small_config), "--model_dir", str(model_dir), *arguments])


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input(case: str, small_config: Path, tmp_path: Path, capsys) -> None:
    binding, message = BAD_INPUT[case]
    assert run(small_config, tmp_path / "model", "--gin_bindings", binding) == 2
    sentence = capsys.readouterr().err
    assert message in sentence
    assert len(sentence.strip().splitlines()) == 1
    assert not (tmp_path / "model").exists()


def test_missing_parameter_is_named(tmp_path: Path, capsys) -> None:
    (tmp_path / "empty.gin").write_text("model.model = @vae()\n")
    assert run(tmp_path / "empty.gin", tmp_path / "model") == 2
    assert "vae.beta must be given" in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_cuda_where_there_is_none(small_config: Path, tmp_path: Path, capsys) -> None:
    assert run(small_config, tmp_path / "model", "--device", "cuda") == 2
    assert "torch sees no CUDA device here; use --device cpu" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_existing_directory(small_config: Path, trained_dir: Path, capsys) -> None:
    assert run(small_config, trained_dir) == 2
    assert "already exists" in capsys.readouterr().err


def test_train_then_resume(small_config: Path, tmp_path: Path, capsys) -> None:
    assert run(small_config, tmp_path / "model") == 0
    assert run(small_config, tmp_path / "model", "--resume") == 0
    assert "nothing to do" in capsys.readouterr().out
