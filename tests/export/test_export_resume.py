"""`unbraid-export --resume`: an export is kept while nothing that it depends on has changed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.export.__main__ import main
from unbraid.export.files import export_fingerprint

NETWORK = '''
import torch

class Network(torch.nn.Module):
    def __init__(self, width: int = 4):
        super().__init__()
        self.layer = torch.nn.Linear(4096, width)

    def forward(self, images):
        return self.layer(images.flatten(1))
'''


class Workplace:
    """A state_dict of a network of the user's own, and the command that exports it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]):
        self.folder, self._capsys = folder, capsys
        self.weights, self.output, self.config = folder / "weights.pt", folder / "out", folder / "settings.gin"
        self.source = folder / f"network_{folder.name}.py"  # a module is imported once per process, so one per test
        self.source.write_text(NETWORK)
        self.config.write_text("postprocess.postprocess_fn = @mean_representation\npostprocess.random_seed = 0\n")
        write_weights(self.weights, seed=0)

    def export(self, *arguments: str, resume: str = "") -> list[str]:
        """What the command says about an export that it makes again."""
        assert main(["--from", str(self.weights), "--module", f"{self.source.stem}:Network", "--data_set", "threeDots",
                     "--output_dir", str(self.output), "--gin_config", str(self.config), "--formats", "torchscript",
                     "--resume", *filter(None, [resume]), *arguments]) == 0
        return [line for line in self._capsys.readouterr().out.splitlines() if "recomputed" in line]

    def time(self) -> int:
        return (self.output / "pytorch_model.pt").stat().st_mtime_ns


def write_weights(path: Path, seed: int) -> None:
    torch.manual_seed(seed)
    torch.save(torch.nn.ModuleDict({"layer": torch.nn.Linear(4096, 4)}).state_dict(), path)


@pytest.fixture
def place(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    monkeypatch.chdir(tmp_path)
    place = Workplace(tmp_path, capsys)
    assert place.export() == []
    return place


def other_weights(place: Workplace) -> None:
    write_weights(place.weights, seed=1)


def other_source(place: Workplace) -> None:
    place.source.write_text(NETWORK + "# changed\n")


def other_settings(place: Workplace) -> None:
    place.config.write_text(place.config.read_text().replace("seed = 0", "seed = 1"))


def other_included_settings(place: Workplace) -> None:
    (place.folder / "included.gin").write_text(place.config.read_text())
    place.config.write_text("include 'included.gin'\n")
    place.export()
    (place.folder / "included.gin").write_text("postprocess.postprocess_fn = @mean_representation\n"
                                               "postprocess.random_seed = 1\n")


def damaged_graph(place: Workplace) -> None:
    graph = place.output / "pytorch_model.pt"
    graph.write_bytes(graph.read_bytes()[:1000])


def missing_record(place: Workplace) -> None:
    (place.output / "export.json").unlink()


def cut_record(place: Workplace) -> None:
    (place.output / "export.json").write_text('{"fingerprint"')


@pytest.mark.parametrize(("change", "reason"), [
    (other_weights, "checkpoint changed"), (other_source, "user code changed (network_"),
    (other_settings, "setting changed (settings.gin)"), (other_included_settings, "setting changed (included.gin)"),
    (damaged_graph, "export incomplete (pytorch_model.pt is missing or was changed)"),
    (missing_record, "export incomplete (export.json is missing or cannot be read)"),
    (cut_record, "export incomplete (export.json is missing or cannot be read)"),
])
def test_a_change_is_exported_again(place: Workplace, change: Callable[[Workplace], None], reason: str) -> None:
    change(place)
    before = place.time()
    (line,) = place.export()
    assert reason in line
    assert place.time() > before
    assert place.export() == []


@pytest.mark.parametrize(("arguments", "reason"), [
    (["--gin_bindings", "postprocess.random_seed = 3"], "setting changed (bindings was not set, is postprocess."),
    (["--formats", "torchscript", "onnx"], "option changed (--formats was ['torchscript'], is ['torchscript', 'o"),
])
def test_another_option_is_exported_again(place: Workplace, arguments: list[str], reason: str) -> None:
    (line,) = place.export(*arguments)
    assert reason in line
    assert place.export(*arguments) == []


def test_an_unchanged_export_is_kept(place: Workplace) -> None:
    before = place.time()
    for path in (place.weights, place.source, place.config):
        os.utime(path)
    assert place.export() == []
    assert place.time() == before


def test_another_version_is_exported_again_unless_any_will_do(place: Workplace, monkeypatch) -> None:
    monkeypatch.setattr(export_fingerprint, "library_versions", lambda *names: {"torch": "99"})
    before = place.time()
    assert place.export(resume="any-version") == []
    assert place.time() == before
    (line,) = place.export()
    assert "version changed (torch was" in line


def test_the_data_that_a_postprocessing_was_fitted_on_counts(place: Workplace, monkeypatch) -> None:
    data = place.folder / "data.npz"

    def write(seed: int) -> None:
        random_state = np.random.RandomState(seed)
        images = random_state.randint(0, 256, (64, 64, 64), dtype=np.uint8)
        np.savez(data, images=images, factors=np.arange(64)[:, None])

    write(0)
    place.config.write_text("postprocess.postprocess_fn = @whitened_representation\npostprocess.random_seed = 0\n"
                            "whitened_representation.num_points = 64\n")
    monkeypatch.setattr("unbraid.export.writing.verification_images.data_sets", custom_at(data))
    monkeypatch.setattr("unbraid.export.importers.import_checkpoint.data_sets", custom_at(data))
    place.export()
    assert list(json.loads((place.output / "export.json").read_text())["data_files"]) == [str(data.resolve())]
    assert place.export() == []
    write(1)
    assert "data file changed (data.npz)" in place.export()[0]


def custom_at(path: Path) -> Callable[[], dict]:
    """The data sets, all of which are the user's file."""
    from unbraid.ground_truth.sets.custom import custom_data

    return lambda: {"threeDots": lambda: custom_data(str(path))}
