"""Methods on the smallest networks, in double precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch

from unbraid.common.configuration import configured
from unbraid.training.objectives.objective import VAEObjective
from unbraid.training.posterior import Posterior
from unbraid.training.train import train  # noqa: F401  (registers everything for gin)

NETWORKS = """
encoder.num_latent = 3
encoder.encoder_fn = @test_encoder
decoder.decoder_fn = @test_decoder
discriminator.discriminator_fn = @fc_discriminator
reconstruction_loss.loss_fn = @bernoulli_loss
vae_optimizer.optimizer_fn = @AdamOptimizer
discriminator_optimizer.optimizer_fn = @AdamOptimizer
"""


@pytest.fixture
def build() -> Callable[..., VAEObjective]:
    """build(model): `model` with networks of 3 latents for images (1, 4, 4) and 100 training images, in float64."""

    def attach(model: VAEObjective, *bindings: str, image_shape: Sequence[int] = (1, 4, 4)) -> VAEObjective:
        with configured([], [NETWORKS, *bindings]):
            model.build(image_shape, 100)
        return model.double().to(memory_format=torch.channels_last)  # as the training does

    return attach


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(6, 1, 4, 4, dtype=torch.float64)


@pytest.fixture
def posterior() -> Posterior:
    return Posterior(torch.randn(5, 3, dtype=torch.float64), torch.randn(5, 3, dtype=torch.float64))


@pytest.fixture
def latents(posterior: Posterior) -> torch.Tensor:
    return posterior.sample()
