"""Own data through every command: named once at the training, remembered by the run and the artifact afterwards."""

import html
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.evaluation.__main__ import main as evaluate
from unbraid.evaluation.reporting.aggregate import main as aggregate
from unbraid.evaluation.reporting.report import main as report
from unbraid.evaluation.visualize.__main__ import main as visualize
from unbraid.export import load_representation
from unbraid.export.__main__ import main as export
from unbraid.training.__main__ import main as train

COMMANDS = {"unbraid-evaluate": evaluate, "unbraid-export": export, "unbraid-train": train, "unbraid-report": report,
            "unbraid-visualize": visualize, "unbraid-aggregate": aggregate}
SIZES = (4, 3, 5)
LOST = re.compile("There is no file or folder .*data.npz. Bind custom_data.path to where the data are")
SMALL = ["mig.num_train = 200"]
MODULE = """
import torch
class MyVAE(torch.nn.Module):
    def __init__(self, num_latent):
        super().__init__()
        self.layer = torch.nn.Linear(64 * 64 * 3, 2 * num_latent)
    def forward(self, images):
        return tuple(self.layer(images.flatten(1)).chunk(2, 1))
"""


def write_data(path, seed=0):
    """A full grid: brightness of each channel."""
    factors = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
    images = np.random.RandomState(seed).randint(20, size=(len(factors), 64, 64, 3)) + 40 * factors[:, None, None]
    np.savez(path, images=images.astype(np.uint8), factors=factors, factor_names=np.array(["red", "green", "blue"]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """data.npz, and a run that was trained on it by a relative path from inside this folder, and exported."""
    folder = tmp_path_factory.mktemp("own")
    write_data(folder / "data.npz")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert train(["--model_dir", "run/model", "--device", "cpu", "--gin_config", "quickstart_beta_vae", "custom",
                      "--gin_bindings", "custom_data.path = 'data.npz'", "model.training_steps = 2",
                      "model.eval_steps = 1", "model.batch_size = 4"]) == 0
        assert export(["--model_dir", "run/model", "--output_dir", "run/representation", "--formats", "onnx"]) == 0
        assert evaluate(["--model_dir", "run/representation", "--output_dir", "run/metrics/mig", "--gin_config", "mig",
                         "--gin_bindings", *SMALL]) == 0
    return folder


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def scores(folder):
    return json.loads((folder / "results/json/evaluation_results.json").read_text())


def test_every_command_remembers_the_data(folder, capsys):
    run = folder / "run"
    record = load_representation(run).record
    assert f"custom_data.path = '{folder / 'data.npz'}'" in record.data_bindings
    assert evaluate(["--model_dir", str(run / "representation"), "--output_dir", "again", "--gin_config", "mig",
                     "--gin_bindings", *SMALL]) == 0
    assert scores(Path("again"))["discrete_mig"] == scores(run / "metrics/mig")["discrete_mig"]
    assert visualize([str(run), "reconstruct", "--output_dir", "pictures"]) == 0
    assert Path("pictures/reconstruct.png").is_file()
    assert report([str(run), "--output_path", "page.html"]) == 0
    assert " on data" in Path("page.html").read_text()
    assert not LOST.search(Path("page.html").read_text())
    assert not capsys.readouterr().err.count("Traceback")


def test_a_checkpoint_is_scored_on_the_data_that_it_was_trained_on(folder):
    """As it is, without an export first, and whatever was scored before."""
    assert evaluate(["--model_dir", str(folder / "run/model"), "--output_dir", "direct", "--gin_config", "mig",
                     "--gin_bindings", *SMALL]) == 0
    assert scores(Path("direct"))["discrete_mig"] == scores(folder / "run/metrics/mig")["discrete_mig"]
    record = load_representation("direct.representation").record
    assert (record.data_set, record.method) == ("custom", load_representation(folder / "run").record.method)


def test_moved_data_are_missed_in_one_sentence_and_found_again_by_a_binding(folder, tmp_path, capsys):
    (folder / "data.npz").rename(tmp_path / "moved.npz")
    try:
        words = ["--model_dir", str(folder / "run/representation"), "--gin_config", "mig", "--output_dir"]
        assert evaluate([*words, "out", "--gin_bindings", *SMALL]) == 2
        error = capsys.readouterr().err
        assert re.search(r"was made with the data .*data\.npz, which are not there any more.*custom_data\.path", error)
        assert error.count("\n") == 1
        assert report([str(folder / "run"), "--output_path", "lost.html"]) == 0
        assert LOST.search(html.unescape(Path("lost.html").read_text()))
        binding = f"custom_data.path = '{tmp_path / 'moved.npz'}'"
        assert evaluate([*words, "out", "--gin_bindings", *SMALL, binding]) == 0
        assert report([str(folder / "run"), "--output_path", "found.html", "--gin_bindings", binding]) == 0
        assert not LOST.search(html.unescape(Path("found.html").read_text()))
    finally:
        (tmp_path / "moved.npz").rename(folder / "data.npz")


def test_weights_of_ones_own_class_are_exported_on_own_data(folder, tmp_path, capsys):
    Path("own_vae_module.py").write_text(MODULE)
    torch.save({"layer.weight": torch.randn(6, 64 * 64 * 3) / 100, "layer.bias": torch.zeros(6)}, "w.pt")
    words = ["--from", "w.pt", "--module", "own_vae_module:MyVAE", "--data_set", "custom", "--formats", "onnx",
             "--gin_bindings", "MyVAE.num_latent = 3"]
    assert export([*words, "--output_dir", "lost"]) == 2
    assert "custom_data.path must be given" in capsys.readouterr().err
    assert not Path("lost").exists()
    assert export([*words, f"custom_data.path = '{folder / 'data.npz'}'", "--output_dir", "representation"]) == 0
    assert evaluate(["--model_dir", "representation", "--output_dir", "out", "--gin_config", "mig",
                     "--gin_bindings", *SMALL]) == 0


def test_a_finished_graph_is_exported_on_own_data(folder):
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64 * 64 * 3, 4)).eval()
    torch.jit.trace(module, torch.rand(2, 3, 64, 64)).save("graph.pt")
    assert export(["--from", "graph.pt", "--data_set", "custom", "--formats", "torchscript", "--output_dir", "out",
                   "--gin_bindings", f"custom_data.path = '{folder / 'data.npz'}'"]) == 0
    assert load_representation(Path("out")).record.data_bindings


def commands_of(page):
    """The commands that a page suggests."""
    return [shlex.split(html.unescape(text)) for text in re.findall(r"unbraid-[a-z]+ [^<\n]+", page)]


def test_pages_name_own_data_and_suggest_commands_that_run(folder, tmp_path, capsys):
    write_data("other.npz", seed=1)
    runs = tmp_path / "runs"
    for name, path in (("a", folder / "data.npz"), ("b", tmp_path / "other.npz")):
        assert evaluate(["--model_dir", str(folder / "run/representation"), "--output_dir",
                         str(runs / name / "metrics/mig"), "--gin_config", "mig", "--gin_bindings", *SMALL,
                         f"custom_data.path = '{path}'"]) == 0
    assert report([str(runs / "a"), str(runs / "b"), "--no_pictures", "--output_path", "page.html"]) == 0
    page = Path("page.html").read_text()
    assert ">data<" in page
    assert ">other<" in page
    commands = [words for words in commands_of(page) if "CONFIG" not in words]
    assert commands
