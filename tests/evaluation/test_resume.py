"""`--resume`: whatever can change a number makes it computed again, with the reason; whatever cannot keeps it."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from unbraid.evaluation.__main__ import main
from unbraid.evaluation.protocol import score_fingerprint
from unbraid.export import export_representation
from unbraid.metrics.estimators.trees.classifier import TREES

SIDE, SIZES = 16, (4, 4, 4)


class Workplace:
    """A folder with a stranger's model of two outputs, a data file, and the command that scores them."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]):
        self.folder, self._capsys = folder, capsys
        self.data, self.output, self.settings = folder / "data.npz", folder / "scores", folder / "settings.gin"
        self.model = folder / "model.pt"
        write_data(self.data)
        write_model(self.model)
        self.settings.write_text("evaluation.on_degenerate = 'nan'\n")

    def run(self, *arguments: str, resume: str = "", metric: str = "mig") -> int:
        return main(["--model_dir", str(self.model), "--output_dir", str(self.output), "--resume",
                     *filter(None, [resume]), "--gin_config", metric, str(self.settings), "--gin_bindings",
                     "dataset.name = 'custom'", f"custom_data.path = '{self.data}'", "mig.num_train = 50",
                     *arguments])

    def said(self) -> list[str]:
        """The lines about results that were computed again, since the last call."""
        return [line for line in self._capsys.readouterr().out.splitlines() if ": recomputed: " in line]

    @property
    def results(self) -> Path:
        return self.output / "results" / "json" / "evaluation_results.json"

    def uuid(self) -> str:
        return json.loads(self.results.read_text())["uuid"]


def write_data(path: Path, seed: int = 0) -> None:
    factors = np.stack([axis.ravel() for axis in np.indices(SIZES)], axis=1)
    random_state = np.random.RandomState(0)
    images = (factors @ random_state.uniform(size=(3, SIDE * SIDE)) * 20).astype(np.uint8)
    order = np.random.RandomState(seed).permutation(len(images)) if seed else slice(None)
    np.savez(path, images=images.reshape(-1, SIDE, SIDE)[order], factors=factors)


class TwoOutputs(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = torch.nn.Linear(SIDE * SIDE, 4), torch.nn.Linear(SIDE * SIDE, 4)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.first(images.flatten(1)), self.second(images.flatten(1))


def write_model(path: Path, seed: int = 0) -> None:
    torch.manual_seed(seed)
    torch.jit.save(torch.jit.trace(TwoOutputs().eval(), torch.rand(2, 1, SIDE, SIDE)), str(path))


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Workplace:
    """Scored once."""
    place = Workplace(tmp_path, capsys)
    assert place.run("--output", "0") == 0
    assert place.said() == []
    return place


@pytest.mark.parametrize(("arguments", "reason"), [
    (["--output", "1"], "--output was 0, is 1"),
    (["--output", "0", "--head", "halves"], "--head was not set, is halves"),
    (["--output", "0", "--head", "interleaved"], "--head was not set, is interleaved"),
    (["--output", "0", "--layout", "NHWC"], "--layout was not set, is NHWC"),
    (["--output", "0", "--value_range", "-1", "1"], "--input_statistics was not set"),
    (["--output", "0", "--input_statistics", "0.5", "0.25"], "--input_statistics was not set"),
    (["mig.num_train = 40", "--output", "0"], "setting changed (mig.num_train was 50, is 40)"),
    (["evaluation.random_seed = 7", "--output", "0"], "evaluation.random_seed was 0, is 7"),
    (["discretizer.num_bins = 5", "--output", "0"], "discretizer.num_bins was 20, is 5"),
    (["evaluation.global_seed = 5", "--output", "0"], "evaluation.global_seed was not set, is 5"),
])
def test_other_hints_and_settings_are_computed_again_and_so_is_the_way_back(place, arguments, reason) -> None:
    first = json.loads(place.results.read_text())
    for expected, changed in ((reason, arguments), ("recomputed: ", ["--output", "0"])):
        assert place.run(*changed) == 0
        (line,) = place.said()
        assert expected in line
        assert place.run(*changed) == 0
        assert place.said() == []
    assert json.loads(place.results.read_text())["discrete_mig"] == first["discrete_mig"]


def shuffle_images(place: Workplace) -> None:
    write_data(place.data, seed=1)


def shuffle_images_and_put_the_time_back(place: Workplace) -> None:
    status = place.data.stat()
    write_data(place.data, seed=1)
    os.utime(place.data, ns=(status.st_atime_ns, status.st_mtime_ns))


def train_another_model(place: Workplace) -> None:
    write_model(place.model, seed=1)


def edit_a_gin_file(place: Workplace) -> None:
    place.settings.write_text("evaluation.on_degenerate = 'raise'\n")


def name_another_data_file(place: Workplace) -> None:
    place.data = place.data.with_name("other.npz")
    write_data(place.data, seed=1)


@pytest.mark.parametrize(("change", "reason"), [
    (shuffle_images, "recomputed: data file changed (data.npz)"),
    (shuffle_images_and_put_the_time_back, "recomputed: data file changed (data.npz)"),
    (train_another_model, "recomputed: artifact changed"),
    (edit_a_gin_file, "recomputed: setting changed (evaluation.on_degenerate was 'nan', is 'raise')"),
    (name_another_data_file, "custom_data.path was"),
])
def test_other_files_are_computed_again(place: Workplace, change: Callable[[Workplace], None], reason: str) -> None:
    before = place.uuid()
    change(place)
    assert place.run("--output", "0") == 0
    (line,) = place.said()
    assert reason in line
    assert place.uuid() != before
    kept = place.uuid()
    assert place.run("--output", "0") == 0
    assert (place.uuid(), place.said()) == (kept, [])


def touch_everything(place: Workplace) -> None:
    for path in (place.data, place.model, place.settings):
        os.utime(path)


def write_the_same_data_again(place: Workplace) -> None:
    content = place.data.read_bytes()
    place.data.unlink()
    place.data.write_bytes(content)


def move_the_model(place: Workplace) -> None:
    place.model = place.model.rename(place.folder / "moved.pt")


def add_a_comment(place: Workplace) -> None:
    place.settings.write_text('# A comment.\nevaluation.on_degenerate   =   "nan"\n')


def go_elsewhere(place: Workplace) -> None:
    os.chdir(place.folder)


@pytest.mark.parametrize("change", [touch_everything, write_the_same_data_again, move_the_model, add_a_comment,
                                    go_elsewhere])
def test_what_changes_no_number_keeps_the_result(place, change, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(os.curdir)  # back afterwards
    before = place.uuid()
    change(place)
    assert place.run("evaluation.name = 'a note'", "--output", "0") == 0
    assert (place.uuid(), place.said()) == (before, [])


@pytest.mark.parametrize("library", ["numpy", "scipy", "scikit-learn", "torch"])
def test_another_library_version_is_computed_again_unless_any_will_do(place, library, monkeypatch) -> None:
    versions = score_fingerprint.library_versions
    monkeypatch.setattr(score_fingerprint, "library_versions", lambda *names: {**versions(*names), library: "99.0"})
    before = place.uuid()
    assert place.run("--output", "0", resume="any-version") == 0
    assert (place.uuid(), place.said()) == (before, [])
    assert place.run("--output", "0") == 0
    assert f"version changed ({library} was {versions(library)[library]}, is 99.0)" in place.said()[0]
    assert place.uuid() != before


def test_other_score_code_is_computed_again_unless_any_will_do(place: Workplace, monkeypatch) -> None:
    monkeypatch.setattr(score_fingerprint, "code_sha256", lambda *folders: "0123456789abcdef")
    before = place.uuid()
    assert place.run("--output", "0", resume="any-version") == 0
    assert place.uuid() == before
    assert place.run("--output", "0") == 0
    assert "version changed (unbraid)" in place.said()[0]


def test_a_fast_path_that_no_longer_has_the_librarys_bits_is_computed_again(place: Workplace, monkeypatch) -> None:
    """A library may change without another version; a result of the library's own implementation stays valid."""
    arguments = ["gradient_boosting_classifier.implementation = '{}'", "dci.num_train = 30", "dci.num_test = 20",
                 "--output", "0"]
    for implementation, is_kept in (("fast", False), ("scikit-learn", True)):
        chosen = [argument.format(implementation) for argument in arguments]
        monkeypatch.setattr(TREES, "_is_equal", True)
        assert place.run(*chosen, metric="dci") == 0
        before = place.uuid()
        monkeypatch.setattr(TREES, "_is_equal", False)
        place.said()
        assert place.run(*chosen, metric="dci") == 0
        said = place.said()
        assert (place.uuid() == before) == is_kept
        assert is_kept or "implementation changed (boosted trees was unbraid, is scikit-learn" in said[0]


def test_any_version_is_no_licence_for_other_changes(place: Workplace) -> None:
    shuffle_images(place)
    assert place.run("--output", "0", resume="any-version") == 0
    assert "data file changed" in place.said()[0]


@pytest.mark.parametrize(("file", "damage"), [
    ("results/json/evaluation_results.json", "remove"), ("results/json/evaluation_results.json", "empty"),
    ("results/json/evaluation_results.json", "cut"), ("results/json/evaluation_results.json", "list"),
    ("results/json/evaluation_results.json", "discrete_mig"), ("results/json/evaluation_config.json", "remove"),
    ("results/json/evaluation_config.json", "cut"), ("results/gin/evaluation.gin", "remove"),
    ("results/gin/evaluation.gin", "empty"), ("results/gin/evaluation.gin", "cut"),
    ("results/aggregate/evaluation.json", "remove"), ("results/aggregate/evaluation.json", "cut"),
    ("results/aggregate/evaluation.json", "list"), ("artifacts/mutual_information.npz", "remove"),
    ("artifacts/mutual_information.npz", "cut"), ("artifacts/mutual_information.npz", "empty"),
    ("repeats/1/results/json/evaluation_results.json", "cut"), ("repeats/1/results/gin/evaluation.gin", "remove"),
    ("repeats/1/artifacts/mutual_information.npz", "remove"),
])
def test_an_incomplete_result_is_computed_again(place: Workplace, file: str, damage: str) -> None:
    arguments = ["--output", "0"]
    folder = place.output
    if file.startswith("repeats"):
        arguments, folder = [*arguments, "--repeats", "2"], place.output / "repeats" / "1"
        assert place.run(*arguments) == 0
    expected = json.loads((folder / "results" / "json" / "evaluation_results.json").read_text())["discrete_mig"]
    damage_file(place.output / file, damage)
    assert place.run(*arguments) == 0
    (line,) = place.said()
    assert f"{folder}: recomputed: result incomplete" in line
    assert json.loads((folder / "results" / "json" / "evaluation_results.json").read_text())["discrete_mig"] == expected


def damage_file(path: Path, damage: str) -> None:
    content = path.read_bytes()
    if damage == "remove":
        path.unlink()
    elif damage == "discrete_mig":
        path.write_text(json.dumps({key: value for key, value in json.loads(content).items() if key != damage}))
    else:
        path.write_bytes({"empty": b"", "cut": content[: len(content) // 2], "list": b"[]"}[damage])


def test_a_key_that_every_file_lost_is_missed(place: Workplace) -> None:
    for file, key in (("json/evaluation_results", "discrete_mig"),
                      ("aggregate/evaluation", "evaluation_results.discrete_mig")):
        damage_key = place.output / "results" / f"{file}.json"
        values = json.loads(damage_key.read_text())
        del values[key]
        damage_key.write_text(json.dumps(values))
    assert place.run("--output", "0") == 0
    assert "result incomplete (a score is missing)" in place.said()[0]


@pytest.mark.parametrize("damage", ["remove", "cut"])
def test_missing_pictures_are_drawn_and_nothing_is_computed(place: Workplace, damage: str) -> None:
    before, picture = place.uuid(), place.output / "artifacts" / "mutual_information.png"
    assert place.run("--output", "0", "--figures", "--repeats", "2") == 0
    whole = picture.read_bytes()
    damage_file(picture, damage)
    damage_file(place.output / "repeats" / "1" / "artifacts" / "mutual_information.png", damage)
    assert place.run("--output", "0", "--figures", "--repeats", "2") == 0
    assert (place.uuid(), place.said()) == (before, [])
    assert picture.read_bytes() == whole
    assert (place.output / "repeats" / "1" / "artifacts" / "mutual_information.png").stat().st_size > 1000


def test_a_result_of_an_older_unbraid_is_computed_again(place: Workplace) -> None:
    values = json.loads(place.results.read_text())
    del values["fingerprint"], values["contents"]
    place.results.write_text(json.dumps(values))
    aggregate = place.output / "results" / "aggregate" / "evaluation.json"
    old = {key: value for key, value in json.loads(aggregate.read_text()).items()
           if key.split(".")[1] not in ("fingerprint", "contents")}
    aggregate.write_text(json.dumps(old))
    assert place.run("--output", "0", resume="any-version") == 0
    assert "recomputed: it has no fingerprint" in place.said()[0]


def test_weights_beside_an_onnx_file_belong_to_it(place: Workplace) -> None:
    def write(seed: int) -> None:
        weight = np.random.RandomState(seed).normal(size=(SIDE * SIDE, 4)).astype(np.float32)
        graph = onnx.helper.make_graph(
            [onnx.helper.make_node("Flatten", ["x"], ["f"]), onnx.helper.make_node("MatMul", ["f", "w"], ["y"])], "g",
            [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 1, SIDE, SIDE])],
            [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 4])],
            [onnx.numpy_helper.from_array(weight, "w")])
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
        place.model.with_name("model.onnx.data").unlink(missing_ok=True)
        onnx.save_model(model, str(place.model), save_as_external_data=True, location="model.onnx.data",
                        size_threshold=0)

    place.model = place.folder / "model.onnx"
    write(0)
    assert place.run() == 0
    place.said()
    graph, score = place.model.read_bytes(), json.loads(place.results.read_text())["discrete_mig"]
    write(1)
    assert place.model.read_bytes() == graph
    assert place.run() == 0
    assert "recomputed: artifact changed" in place.said()[0]
    assert json.loads(place.results.read_text())["discrete_mig"] != score
    assert place.run() == 0
    assert place.said() == []


@pytest.mark.parametrize(("metric", "binding", "number"), [
    pytest.param("udr", "udr_sklearn.num_data_points = 40", 1, marks=pytest.mark.slow),
    ("mig_qzx", "mig_qzx.num_images = 40", 0),
    ("vae_losses", "vae_losses.num_images = 40", 0),
])
def test_every_file_that_a_metric_reads_counts(tmp_path, encoder, decoder, images, capsys, metric, binding,
                                               number) -> None:
    """UDR compares models: any of them may change.  MIG by q(z|x) reads the posterior beside the representation, losses
    the decoder, too."""
    folders = [tmp_path / "first" / "representation", tmp_path / "second" / "representation"][: 2 if number else 1]

    def export(folder: Path, shift: float) -> None:
        changed = copy.deepcopy(encoder)
        with torch.no_grad():
            changed.layers[-1].bias += shift
        changed_decoder = copy.deepcopy(decoder)
        with torch.no_grad():
            changed_decoder.layer.bias += shift
        export_representation(changed, folder, images, decoder=changed_decoder, data_set="threeDots",
                              formats=["torchscript"], overwrite=True)

    def run() -> list[str]:
        assert main(["--model_dir", *map(str, folders), "--output_dir", str(tmp_path / "scores"), "--resume",
                     "--gin_config", metric, "--gin_bindings", binding, "mig_qzx.num_samples = 10"]) == 0
        return [line for line in capsys.readouterr().out.splitlines() if "recomputed" in line]

    for folder in folders:
        export(folder, 0.0)
    assert run() == run() == []
    export(tmp_path / "other", 0.5)
    for part in ["posterior", *(["decoder"] if metric == "vae_losses" else [])]:
        (folders[number] / f"{part}.pt").write_bytes((tmp_path / "other" / f"{part}.pt").read_bytes())
        (line,) = run()
        assert f"artifact changed ({part} {number})" in line
    assert run() == []
