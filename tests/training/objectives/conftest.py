"""Methods on the smallest networks, in double precision."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch

from unbraid.common.configuration.parsing import configured
from unbraid.training.data.labelled import PartlyLabelled
from unbraid.training.objectives.objective import VAEObjective
from unbraid.training.objectives.semi_supervised import SemiSupervisedVAE
from unbraid.training.posterior import Posterior
from unbraid.training.running.train import train  # noqa: F401  (registers everything for gin)

GOLDENS = Path(__file__).parents[1] / "goldens"
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
def labelled(build) -> Callable[..., tuple[VAEObjective, PartlyLabelled]]:
    """labelled(model): a semi-supervised model with networks for two labels of 3 and 5 values, and a batch for it."""

    def attach(model: SemiSupervisedVAE, *bindings: str) -> tuple[VAEObjective, PartlyLabelled]:
        model.labelled = SimpleNamespace(factor_sizes=[3, 5])
        built = build(model, "supervised_loss.loss_fn = @l2", "annealer.anneal_fn = @fixed",
                      "annealer.iteration_threshold = 1", *bindings)
        labels = torch.tensor([[0, 4], [1, 3], [2, 2], [2, 1], [0, 0], [1, 1]], dtype=torch.float32)
        images, others = torch.rand(2, 6, 1, 4, 4, dtype=torch.float64)
        return built, PartlyLabelled(images, others, labels)

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


@pytest.fixture(scope="session")
def recorder_of() -> Callable[[str], ModuleType]:
    """recorder_of(name): the script goldens/make_NAME_goldens.py, for the inputs and weights it used."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"make_{name}_goldens", GOLDENS / f"make_{name}_goldens.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
