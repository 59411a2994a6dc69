"""The shipped training configs, and disentanglement_lib's own."""

import subprocess
import sys
from pathlib import Path

import gin
import pytest

from unbraid.common.configuration.parsing import CONFIG_ROOT, configured
from unbraid.training.networks import make_decoder, make_encoder
from unbraid.training.objectives.objective import VAEObjective
from unbraid.training.objectives.registry import methods

TRAINING_CONFIGS = sorted((CONFIG_ROOT / "training").rglob("*.gin"))
PARTS = ("any_size",)  # configs that are given beside a method's
COMPLETE = [path for path in TRAINING_CONFIGS if not path.stem.endswith("shared") and path.stem not in PARTS]

# The bindings of the studies' model_configs/shared.gin.
STUDY = """
model.batch_size = 64
encoder.num_latent = 10
model.model = @vae()
dataset.name = "dsprites_full"
vae.beta = 1.
vae_optimizer.optimizer_fn = @vae/AdamOptimizer
discriminator_optimizer.optimizer_fn = @discriminator/AdamOptimizer
model.training_steps = 300000
model.random_seed=0
vae/AdamOptimizer.beta1 = 0.9
vae/AdamOptimizer.beta2 = 0.999
vae/AdamOptimizer.epsilon = 1e-08
vae/AdamOptimizer.learning_rate = 0.0001
vae/AdamOptimizer.name = 'Adam'
vae/AdamOptimizer.use_locking = False
discriminator/AdamOptimizer.beta1 = 0.5
discriminator/AdamOptimizer.beta2 = 0.9
discriminator/AdamOptimizer.epsilon = 1e-08
discriminator/AdamOptimizer.name = 'Adam'
discriminator/AdamOptimizer.use_locking = False
discriminator/AdamOptimizer.learning_rate = 0.0001
encoder.encoder_fn = @conv_encoder
decoder.decoder_fn = @deconv_decoder
reconstruction_loss.loss_fn = @bernoulli_loss
"""


@pytest.mark.parametrize("path", COMPLETE, ids=lambda path: path.stem)
def test_config_makes_its_method_and_networks(path: Path) -> None:
    side = 16 if "natural_images" in path.stem else 64
    with configured([path]):
        model = gin.query_parameter("model.model").scoped_configurable_fn()
        assert isinstance(model, VAEObjective)
        num_latent = gin.query_parameter("encoder.num_latent")
        make_encoder([1, side, side])
        make_decoder([1, side, side], num_latent)
        assert gin.query_parameter("model.training_steps") > 0


def test_every_method_has_a_config() -> None:
    texts = [path.read_text() for path in COMPLETE]
    without = [name for name in methods() if not any(f"model.model = @{name}()" in text for text in texts)]
    assert not without


def test_configs_of_the_studies_run_unchanged() -> None:
    with configured([], [STUDY, "dataset.name = 'shapes3d'", "model.name = 'beta_vae'", "vae.beta = 6."]):
        model = gin.query_parameter("model.model").scoped_configurable_fn()
        model.build([3, 64, 64], 480_000)
        optimizer = model.make_optimizers()["vae"].optimizer
    assert model.beta == 6.0
    assert optimizer.defaults["lr"] == 1e-4


OF_DATA_SETS = """
import sys
import unbraid.training.running.train
from unbraid.common.configuration.parsing import CONFIG_ROOT, bound, configured
for path in (CONFIG_ROOT / "data_sets").glob("*.gin"):
    with configured(["beta_tc_vae_dsprites_full", path.stem], ["local_sample_factors.denylist_factors = [0]"]):
        assert bound("dataset.name") == path.stem, path
    print(path.stem)
assert not any(name.startswith("unbraid.evaluation") for name in sys.modules)
"""


def test_files_of_data_sets_go_with_training_configs():
    """In a process of its own: other tests import the metrics whose parameters these files bind."""
    done = subprocess.run([sys.executable, "-c", OF_DATA_SETS], capture_output=True, text=True, check=True)
    assert len(done.stdout.split()) == len(list((CONFIG_ROOT / "data_sets").glob("*.gin")))
