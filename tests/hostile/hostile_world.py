"""A small run to do harm to: trained, exported and scored within seconds; copied for every hostile input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from unbraid.evaluation.__main__ import main as evaluate
from unbraid.evaluation.reporting.aggregate import main as aggregate
from unbraid.export.__main__ import main as export
from unbraid.training.__main__ import main as train

TRAINING = """
dataset.name = "dummy_data"
model.model = @vae()
model.training_steps = 4
model.batch_size = 4
model.random_seed = 0
model.eval_steps = 1
model.log_steps = 1
model.checkpoint_steps = 2
vae.beta = 4.0
vae_optimizer.optimizer_fn = @AdamOptimizer
encoder.encoder_fn = @test_encoder
encoder.num_latent = 3
decoder.decoder_fn = @test_decoder
reconstruction_loss.loss_fn = @bernoulli_loss
"""
METRIC = """
include "evaluation/mig.gin"
dataset.name = "dummy_data"
mig.num_train = 50
"""
WHITENED = """
include "export/whitened.gin"
dataset.name = "dummy_data"
whitened_representation.num_points = 50
"""
LINEAR = """
include "export/linear.gin"
dataset.name = "dummy_data"
linear_representation.path = "map.npz"
"""
OWN_DATA = """
dataset.name = "custom"
custom_data.path = "data.npz"
"""


def make_world(folder: Path) -> Path:
    """A folder with run/{model,representation,metrics}, configurations, own data and a linear map."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"train": TRAINING, "metric": METRIC, "whitened": WHITENED, "linear": LINEAR,
                       "own": TRAINING.replace('dataset.name = "dummy_data"', OWN_DATA)}.items():
        (folder / f"{name}.gin").write_text(text)
    rng = np.random.RandomState(0)
    np.savez(folder / "map.npz", matrix=np.eye(3), offset=np.zeros(3))
    np.savez(folder / "data.npz", images=rng.randint(0, 256, (12, 64, 64, 1), np.uint8),
             factor_sizes=np.array([3, 4]), factor_names=np.array(["a", "b"]))
    run = folder / "run"
    done = [train(["--gin_config", str(folder / "train.gin"), "--model_dir", str(run / "model")]),
            export(["--model_dir", str(run / "model"), "--output_dir", str(run / "representation")]),
            evaluate(["--model_dir", str(run / "representation"), "--output_dir", str(run / "metrics" / "mig"),
                      "--gin_config", str(folder / "metric.gin")]),
            aggregate(["--result_file_pattern", str(run), "--output_path", str(folder / "rows.json")])]
    assert done == [0, 0, 0, 0], done
    json.loads((folder / "rows.json").read_text())
    return folder
