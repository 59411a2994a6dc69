"""What the training methods write is exported in every format, the matrix exponential included."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.common.configuration.parsing import configured
from unbraid.export import load_representation
from unbraid.export.formats import get_formats
from unbraid.export.postprocessing.postprocess import postprocess_with_gin
from unbraid.training.running.checkpoint import load_model
from unbraid.training.running.train import train

CONFIGS = ("mipet_vae_dsprites_full", "mipet_commutative_dsprites_full")
TINY = ("dataset.name = 'threeDotsCacheSmall'", "model.training_steps = 1", "model.batch_size = 4",
        "model.eval_steps = 1")


@pytest.mark.parametrize("config", [CONFIGS[0], pytest.param(CONFIGS[1], marks=pytest.mark.slow)])
def test_checkpoint_is_exported_in_every_format(config: str, tmp_path: Path, images: np.ndarray) -> None:
    with configured([config], TINY):
        train(tmp_path / "model")
    postprocess_with_gin(tmp_path / "model", tmp_path / "out")
    model = load_model(tmp_path / "model")
    codes = 2 * np.random.RandomState(0).normal(size=(3, model.num_latent)).astype(np.float32)
    with torch.no_grad():
        mean = model.encoder(torch.from_numpy(images.transpose(0, 3, 1, 2).copy()))[0].numpy()
        pictures = model.decoder(torch.from_numpy(codes)).numpy()
    np.testing.assert_allclose(load_representation(tmp_path / "out")(images), mean, atol=1e-4)
    for file_format in get_formats().values():
        runner = file_format.open(tmp_path / "out" / file_format.decoder_file, "cpu")
        np.testing.assert_allclose(runner(codes), pictures, atol=1e-4)
