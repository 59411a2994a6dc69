"""The training as a whole: what it writes, its seeds, and that it can be stopped anywhere."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.common.errors import ExistingOutputError, UserError
from unbraid.training.running.checkpoint import read_checkpoint
from unbraid.training.running.log import NonFiniteLossError
from unbraid.training.running.seeds import draw_seeds

CONVOLUTIONAL = ("encoder.encoder_fn = @jl1_encoder", "decoder.decoder_fn = @jl1_decoder", "model.model = @jlonevae()",
                 "jlonevae.beta = 4.0", "jlonevae.gamma = 0.1", "jlonevae.annealing_steps = 3")


def weights(model_dir: Path) -> dict[str, torch.Tensor]:
    return read_checkpoint(model_dir)["objective"]


def assert_same_weights(first: Path, second: Path) -> None:
    ours, theirs = weights(first), weights(second)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def rows(model_dir: Path) -> list[dict[str, str]]:
    with (model_dir / "train_log.csv").open() as file:
        return list(csv.DictReader(file))


def test_results_have_disentanglement_libs_layout_and_keys(trained_dir: Path) -> None:
    results = trained_dir / "results"
    assert {str(path.relative_to(results)) for path in results.rglob("*.*")} == {
        "gin/train.gin", "json/train_config.json", "json/train_results.json", "aggregate/train.json"}
    values = json.loads((results / "json" / "train_results.json").read_text())
    assert {"loss", "global_step", "reconstruction_loss", "elbo", "regularizer", "kl_loss", "elapsed_time",
            "uuid"} <= values.keys()
    assert values["global_step"] == 6
    assert values["elbo"] == pytest.approx(-(values["reconstruction_loss"] + values["kl_loss"]))
    assert values["regularizer"] == pytest.approx(4 * values["kl_loss"])
    assert json.loads((results / "json" / "train_config.json").read_text())["vae.beta"] == "4.0"


def test_run_directory_holds_checkpoint_logs_and_results(trained_dir: Path) -> None:
    assert {path.name for path in trained_dir.iterdir()} == {"checkpoint.pt", "train_log.csv", "tensorboard", "results"}
    assert [row["step"] for row in rows(trained_dir)] == ["2", "4", "6"]
    assert list((trained_dir / "tensorboard").glob("events.*"))


def test_log_holds_means_over_the_steps_between_rows(train_small, tmp_path: Path) -> None:
    train_small(tmp_path / "often", "model.log_steps = 1")
    train_small(tmp_path / "seldom", "model.log_steps = 3")
    every = [float(row["loss"]) for row in rows(tmp_path / "often")]
    # Checkpoints at 2, 4 and 6 flush the log, too.
    assert [row["step"] for row in rows(tmp_path / "seldom")] == ["2", "3", "4", "6"]
    assert float(rows(tmp_path / "seldom")[3]["loss"]) == pytest.approx(np.mean(every[4:6]), rel=1e-6)


def test_same_seed_same_weights_other_seed_others(train_small, trained_dir: Path, tmp_path: Path) -> None:
    train_small(tmp_path / "same")
    train_small(tmp_path / "other", "model.random_seed = 4")
    assert_same_weights(trained_dir, tmp_path / "same")
    with pytest.raises(AssertionError):
        assert_same_weights(trained_dir, tmp_path / "other")


def test_seeds_are_drawn_in_disentanglement_libs_order() -> None:
    random_state = np.random.RandomState(7)
    drawn = {"training_data_seed": random_state.randint(2**32), "evaluation_data_seed": random_state.randint(2**32)}
    assert draw_seeds(7) == {"random_seed": 7, **drawn}
    assert draw_seeds(7, data_seed=0) == {"random_seed": 7, **drawn, "training_data_seed": 0}


def test_seeds_are_recorded(trained_dir: Path) -> None:
    values = json.loads((trained_dir / "results" / "json" / "train_results.json").read_text())
    assert draw_seeds(3).items() <= values.items()


def test_longer_resumed_training_ends_where_an_uninterrupted_one_does(train_small, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_small(whole, *CONVOLUTIONAL)
    train_small(parts, *CONVOLUTIONAL, "model.training_steps = 3")
    train_small(parts, *CONVOLUTIONAL, resume=True)
    assert_same_weights(whole, parts)
    assert rows(parts)[-1] == rows(whole)[-1]


def test_killed_process_resumes_to_the_same_bits(small_config: Path, train_small, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    bindings = ["model.training_steps = 4000", "model.checkpoint_steps = 10", "model.log_steps = 7"]
    command = [sys.executable, "-m", "unbraid.training", "--gin_config", str(small_config), "--model_dir", str(killed),
               "--device", "cpu", "--gin_bindings", *bindings]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE) as process:
        log = killed / "train_log.csv"
        while process.poll() is None and (not log.exists() or len(log.read_text().splitlines()) < 8):
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    stopped_at = read_checkpoint(killed)["step"]
    assert 0 < stopped_at < 4000
    until = f"model.training_steps = {stopped_at + 25}"
    train_small(killed, *bindings, until, resume=True)
    train_small(whole, *bindings, until)
    assert_same_weights(whole, killed)
    assert rows(killed)[-1]["step"] == str(stopped_at + 25)
    steps = [int(row["step"]) for row in rows(killed)]
    assert steps == sorted(set(steps))


def test_resuming_a_finished_training_does_nothing_and_says_so(train_small, trained_dir: Path, capsys) -> None:
    before = (trained_dir / "checkpoint.pt").stat().st_mtime_ns
    train_small(trained_dir, resume=True)
    assert "already holds the finished training (6 steps); nothing to do" in capsys.readouterr().out
    assert (trained_dir / "checkpoint.pt").stat().st_mtime_ns == before


def test_training_killed_before_its_results_writes_them_on_resuming(train_small, tmp_path: Path) -> None:
    train_small(tmp_path / "model")
    results = tmp_path / "model" / "results" / "json" / "train_results.json"
    expected = json.loads(results.read_text())["loss"]
    results.unlink()
    train_small(tmp_path / "model", resume=True)
    assert json.loads(results.read_text())["loss"] == expected


def test_resuming_another_configuration_is_refused_with_the_difference(train_small, trained_dir: Path) -> None:
    with pytest.raises(UserError, match=r"another configuration: vae.beta was 4.0 and is 2.0. Resume with the same"):
        train_small(trained_dir, "vae.beta = 2.0", resume=True)


def test_existing_directory_needs_overwrite(train_small, trained_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(ExistingOutputError, match="already exists"):
        train_small(trained_dir)
    train_small(tmp_path / "model", "model.training_steps = 2")
    train_small(tmp_path / "model", overwrite=True)
    assert_same_weights(trained_dir, tmp_path / "model")
    assert [row["step"] for row in rows(tmp_path / "model")] == ["2", "4", "6"]


def test_directory_without_checkpoint_cannot_be_resumed(train_small, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"holds no checkpoint.pt to resume from"):
        train_small(tmp_path, resume=True)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_schedule_longer_than_the_training_is_warned_of(train_small, tmp_path: Path, caplog) -> None:
    train_small(tmp_path / "short", "vae.annealing_steps = 6")
    assert not caplog.records
    train_small(tmp_path / "long", "vae.annealing_steps = 7")
    assert caplog.messages == ["vae.annealing_steps is 7, but the training ends at step 6: the weight never reaches "
                               "its full value."]


def test_loss_that_is_not_finite_stops_with_step_terms_and_last_checkpoint(train_small, tmp_path: Path) -> None:
    model_dir = tmp_path / "model"
    diverging = ("vae_optimizer.learning_rate = @piecewise_constant", "piecewise_constant.boundaries = [2]",
                 "piecewise_constant.values = [0.001, 1e38]")
    with pytest.raises(NonFiniteLossError) as caught:
        train_small(model_dir, *diverging, "model.training_steps = 50", "model.checkpoint_steps = 2",
                    "model.log_steps = 1")
    message = str(caught.value)
    assert "The loss is not finite at step 4: loss = " in message
    assert "reconstruction_loss = " in message
    assert f"the last good checkpoint is {model_dir / 'checkpoint.pt'} (step 4)" in message
    assert read_checkpoint(model_dir)["step"] == 4


@pytest.mark.parametrize("is_finished", [True, False])
def test_changed_data_is_not_resumed_on(train_small, tmp_path: Path, is_finished: bool) -> None:
    data, model_dir = tmp_path / "data.npz", tmp_path / "model"
    bindings = ("dataset.name = 'custom'", f"custom_data.path = '{data}'")

    def write(seed: int) -> None:
        np.savez(data, images=np.random.RandomState(seed).randint(0, 256, (40, 64, 64), dtype=np.uint8))

    write(0)
    train_small(model_dir, *bindings)
    longer = () if is_finished else ("model.training_steps = 8",)
    train_small(model_dir, *bindings, *longer, resume=True)
    before = weights(model_dir)
    write(1)
    with pytest.raises(UserError, match=r"trained on other data: data file changed \(data.npz\). Put the old data"):
        train_small(model_dir, *bindings, *longer, resume=True)
    assert all(torch.equal(tensor, before[name]) for name, tensor in weights(model_dir).items())
    train_small(model_dir, *bindings, overwrite=True)
    train_small(model_dir, *bindings, resume=True)


def test_a_training_starts_from_the_networks_of_another(train_small, trained_dir: Path, tmp_path: Path) -> None:
    """Of another method, with a learning rate of 0: the networks stay those it began with."""
    train_small(tmp_path / "model", f"model.start_from = '{trained_dir}'", "vae_optimizer.learning_rate = 0.0",
                "model.model = @annealed_vae()", "annealed_vae.gamma = 1.0", "annealed_vae.c_max = 1.0",
                "annealed_vae.iteration_threshold = 1")
    content, before = read_checkpoint(tmp_path / "model"), weights(trained_dir)
    assert (content["method"], content["step"]) == ("annealed_vae", 6)
    assert all(torch.equal(tensor, before[name]) for name, tensor in content["objective"].items())


def test_networks_of_another_size_are_refused(train_small, trained_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"The weights of encoder and decoder in .*checkpoint.pt do not fit the "
                                        r"architecture of this training: .*expected \(7, "):
        train_small(tmp_path / "model", f"model.start_from = '{trained_dir}'", "encoder.num_latent = 7")
    assert not (tmp_path / "model").exists()


def test_a_training_that_started_elsewhere_resumes_without_it(train_small, trained_dir: Path, tmp_path: Path) -> None:
    origin, bindings = tmp_path / "origin", ("model.training_steps = 6",)
    shutil.copytree(trained_dir, origin)
    start = f"model.start_from = '{origin}'"
    train_small(tmp_path / "whole", start, *bindings)
    train_small(tmp_path / "parts", start, "model.training_steps = 2")
    shutil.rmtree(origin)
    train_small(tmp_path / "parts", start, *bindings, resume=True)
    assert_same_weights(tmp_path / "whole", tmp_path / "parts")
