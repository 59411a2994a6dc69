"""Small configurations that train in seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from unbraid.common.configuration.parsing import configured
from unbraid.training.running.train import train

SMALL = """
dataset.name = "threeDotsCacheSmall"
model.model = @vae()
vae.beta = 4.0
model.batch_size = 8
model.training_steps = 6
model.random_seed = 3
model.eval_steps = 2
model.log_steps = 2
model.checkpoint_steps = 2
encoder.num_latent = 4
encoder.encoder_fn = @test_encoder
decoder.decoder_fn = @test_decoder
reconstruction_loss.loss_fn = @bernoulli_loss
vae_optimizer.optimizer_fn = @AdamOptimizer
AdamOptimizer.learning_rate = 0.001
discriminator_optimizer.optimizer_fn = @AdamOptimizer
discriminator.discriminator_fn = @fc_discriminator
"""


@pytest.fixture(scope="session")
def small_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gin file of a training that takes a second."""
    path = tmp_path_factory.mktemp("config") / "small.gin"
    path.write_text(SMALL)
    return path


@pytest.fixture
def train_small(small_config: Path) -> Callable[..., None]:
    """Trains the small configuration with further bindings: train_small(model_dir, *bindings, **arguments)."""

    def run(model_dir: Path, *bindings: str, **arguments: object) -> None:
        with configured([small_config], bindings):
            train(model_dir, **arguments)

    return run


@pytest.fixture(scope="session")
def trained_dir(tmp_path_factory: pytest.TempPathFactory, small_config: Path) -> Path:
    """The model directory of a finished small training."""
    model_dir = tmp_path_factory.mktemp("run") / "model"
    with configured([small_config]):
        train(model_dir)
    return model_dir


@pytest.fixture(autouse=True)
def _fixed_seed_one_thread() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)  # networks this small gain nothing from more
