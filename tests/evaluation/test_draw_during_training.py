"""Pictures during training: same images at every step, one GIF, and a training that is not affected."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from unbraid.evaluation.draw_during_training import DrawDuringTraining
from unbraid.training.__main__ import main

CONFIG = """
dataset.name = "threeDotsCacheSmall"
model.model = @vae()
vae.beta = 1.0
model.batch_size = 8
model.training_steps = 6
model.random_seed = 3
encoder.num_latent = 4
encoder.encoder_fn = @test_encoder
decoder.decoder_fn = @test_decoder
reconstruction_loss.loss_fn = @bernoulli_loss
vae_optimizer.optimizer_fn = @AdamOptimizer
AdamOptimizer.learning_rate = 0.001
"""
NUM_IMAGES, NUM_LATENTS, CELL = 3, 4, 64 + 2


def train(folder: Path, name: str, *bindings: str, drawn: bool = True) -> int:
    config = folder / "small.gin"
    config.write_text(CONFIG)
    configs = [str(config), *(["draw_during_training"] if drawn else [])]
    drawing = ["draw_during_training.steps = 2", f"draw_during_training.num_images = {NUM_IMAGES}"] if drawn else []
    return main(["--model_dir", str(folder / name), "--device", "cpu", "--gin_config", *configs, "--gin_bindings",
                 "model.eval_steps = 1", *drawing, *bindings])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    assert train(folder, "drawn", "model.keep_steps = 3") == 0
    assert train(folder, "plain", drawn=False) == 0
    return folder


def weights(model_dir: Path) -> dict[str, torch.Tensor]:
    return torch.load(model_dir / "checkpoint.pt", weights_only=True)["objective"]


def test_a_picture_for_every_due_step_and_one_gif(trained: Path) -> None:
    folder = trained / "drawn" / "evaluation"
    pictures = sorted(path.name for path in (folder / "pictures").iterdir())
    assert pictures == ["000000002.png", "000000004.png", "000000006.png"]
    gif = Image.open(folder / "training.gif")
    assert gif.n_frames == 3
    expected = (NUM_IMAGES * CELL + 2, (3 + NUM_LATENTS) * CELL + 2)  # originals, reconstructions, blank, traversals
    assert gif.size == Image.open(folder / "pictures" / pictures[0]).size == expected


def test_first_row_is_the_images_and_does_not_change(trained: Path) -> None:
    first, last = (np.asarray(Image.open(trained / "drawn" / "evaluation" / "pictures" / f"00000000{step}.png"))
                   for step in (2, 6))
    np.testing.assert_array_equal(first[:CELL], last[:CELL])
    assert not np.array_equal(first[CELL:2 * CELL], last[CELL:2 * CELL])  # reconstructions change


def test_weights_are_the_same_bits_with_and_without(trained: Path) -> None:
    drawn, plain = weights(trained / "drawn"), weights(trained / "plain")
    assert all(torch.equal(drawn[name], plain[name]) for name in plain)


def test_pictures_are_in_tensorboard(trained: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(trained / "drawn" / "tensorboard"), size_guidance={"images": 0})
    events.Reload()
    assert [event.step for event in events.Images("pictures/reconstructions_and_traversals")] == [2, 4, 6]


def test_kept_checkpoints_export_and_score_with_their_step(trained: Path, tmp_path: Path) -> None:
    from unbraid.evaluation.__main__ import main as evaluate
    from unbraid.evaluation.reporting.aggregate import main as aggregate
    from unbraid.export.__main__ import main as export

    kept = trained / "drawn" / "checkpoints"
    assert sorted(path.name for path in kept.iterdir()) == ["3", "6"]
    for step in ("3", "6"):
        run = tmp_path / "steps" / step
        assert export(["--model_dir", str(kept / step), "--output_dir", str(run / "representation"), "--gin_config",
                       "export/mean"]) == 0
        assert evaluate(["--model_dir", str(run / "representation"), "--output_dir", str(run / "metrics" / "mig"),
                         "--gin_config", "mig", "--gin_bindings", "mig.num_train = 100"]) == 0
    table = tmp_path / "table.csv"
    assert aggregate(["--result_file_pattern", str(tmp_path / "steps"), "--group_by", "step", "--table",
                      str(table)]) == 0
    assert [line.split(",")[0] for line in table.read_text().splitlines()[1:]] == ["step = 3", "step = 6"]
    last = weights(trained / "drawn")
    assert all(torch.equal(last[name], value) for name, value in weights(kept / "6").items())


@pytest.mark.parametrize(("arguments", "message"), [
    ({"steps": 0}, r"draw_during_training.steps is \[0\]; expected a number of steps of at least 1"),
    ({"steps": 1, "num_images": 1}, "draw_during_training.num_images is 1; expected at least 2")])
def test_settings_that_cannot_be_used(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        DrawDuringTraining(**arguments)
