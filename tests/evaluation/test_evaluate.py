"""The protocol and the command: results where disentanglement_lib puts them, and each mistake one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gin
import numpy as np
import pytest
import torch

from unbraid.common.configuration.parsing import RUNTIME_ARGUMENTS
from unbraid.evaluation.__main__ import main
from unbraid.evaluation.protocol.evaluate import Evaluator, evaluate_with_gin, metric_configs
from unbraid.evaluation.summary import main as summarise
from unbraid.export import load_representation
from unbraid.export.formats import FORMAT_NAMES

SMALL = ["mig.num_train = 500", "modularity_explicitness.num_train = 300", "modularity_explicitness.num_test = 200",
         "local_mig.num_train = 300", "local_mig.num_local_clusters = 2", "local_modularity.num_train = 300",
         "local_modularity.num_local_clusters = 2"]
METRICS = ["mig", "modularity_explicitness", "local_mig_0_1", "local_modularity_0_1"]


def run(model: Path, output: Path, *extra: str, configs: list[str] = METRICS) -> int:
    return main(["--model_dir", str(model), "--output_dir", str(output), "--gin_config", *configs, "--gin_bindings",
                 *SMALL, *extra])


def read(path: Path, name: str = "evaluation_results") -> dict[str, Any]:
    return json.loads((path / "results" / "json" / f"{name}.json").read_text())


@pytest.fixture(scope="module")
def scored(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("scored") / "metrics"
    assert run(exported, output) == 0
    return output


def test_several_metrics_get_a_folder_each(scored: Path) -> None:
    assert sorted(path.name for path in scored.iterdir()) == sorted(METRICS)
    files = {str(path.relative_to(scored / "mig")) for path in (scored / "mig").rglob("*") if path.is_file()}
    assert files == {"artifacts/mutual_information.npz",
                     "results/aggregate/evaluation.json", "results/gin/evaluation.gin",
                     "results/json/evaluation_config.json", "results/json/evaluation_results.json"}


def test_results_say_what_was_scored_and_how(scored: Path, exported: Path) -> None:
    results, config = read(scored / "mig"), read(scored / "mig", "evaluation_config")
    assert 0 <= results["discrete_mig"] <= 1
    assert {"elapsed_time", "uuid", "artifact_sha256", "library_versions"} <= results.keys()
    assert results["artifact_sha256"] == load_representation(exported).sha256
    assert config == {
        "dataset.name": "'threeDots'", "dataset.part": "None", "dataset.split": "None", "dataset.split_seed": "0",
        "discretizer.discretizer_fn": "@histogram_discretizer",
        "discretizer.num_bins": "20",
        "evaluation.evaluation_fn": "@mig", "evaluation.global_seed": "'random_seed'", "evaluation.name": "'mig'",
        "evaluation.on_degenerate": "'nan'", "evaluation.preset": "''", "evaluation.random_seed": "0",
        "evaluation.restart_model_stream": "False", "evaluation.scheme": "None", "evaluation.split": "None",
        "mig.batch_size": "16", "mig.num_train": "500"}
    assert read(scored / "local_mig_0_1", "evaluation_config")["local_sample_factors.denylist_factors"] == "[]"


def test_one_metric_writes_into_the_folder_itself(exported: Path, tmp_path: Path, scored: Path) -> None:
    assert run(exported, tmp_path / "mig", configs=["mig"]) == 0
    assert read(tmp_path / "mig")["discrete_mig"] == read(scored / "mig")["discrete_mig"]


@pytest.mark.parametrize("backend", FORMAT_NAMES)
def test_scores_are_the_same_through_every_format(exported: Path, tmp_path: Path, scored: Path, backend: str) -> None:
    assert run(exported, tmp_path / "out", "--backend", backend) == 0
    for metric in METRICS:
        expected, actual = read(scored / metric), read(tmp_path / "out" / metric)
        for key, value in expected.items():
            if key.startswith(("discrete", "modularity", "explicitness")):
                assert actual[key] == pytest.approx(value, abs=1e-4), (metric, key)


def test_the_table_shows_metric_key_and_score(exported: Path, tmp_path: Path,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    run(exported, tmp_path / "out")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["metric", "key", "score", "time"]
    assert [line.split()[:2] for line in lines[2:6]] == [
        ["mig", "discrete_mig"], ["modularity_explicitness", "modularity_score"], ["local_mig_0_1", "discrete_mig"],
        ["local_modularity_0_1", "modularity_score"]]


def test_each_image_is_encoded_once_for_all_metrics(exported: Path, tmp_path: Path) -> None:
    """With one seed, modularity draws the points of MIG, and local modularity those of local MIG."""
    counts = []
    evaluator = Evaluator(load_representation(exported), exported, report=counts.append)
    for metric, config_files in metric_configs(METRICS, SMALL).items():
        evaluator.evaluate(tmp_path / metric, False, config_files, [*SMALL, "modularity_explicitness.num_train = 500"])
    assert sum(counts) == 500 + 200 + 2 * 300


def test_existing_results_are_kept_resumed_or_replaced(exported: Path, tmp_path: Path,
                                                       capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out"
    assert run(exported, output / "mig", configs=["mig"]) == 0
    first = read(output / "mig")["uuid"]
    assert run(exported, output) == 2
    assert "out/mig already exists. Choose another output directory or add --overwrite." in capsys.readouterr().err
    assert [path.name for path in output.iterdir()] == ["mig"]
    assert run(exported, output, "--resume") == 0
    assert read(output / "mig")["uuid"] == first
    assert sorted(path.name for path in output.iterdir()) == sorted(METRICS)
    assert run(exported, output, "--overwrite") == 0
    assert read(output / "mig")["uuid"] != first


@pytest.mark.parametrize(("arguments", "message"), [
    (["--gin_config", "migg"], "Did you mean mig or"),
    (["--gin_config", "mig", "--gin_bindings", "mig.num_trian = 5"], "Did you mean num_train?"),
    (["--gin_config", "mig", "--gin_bindings", "evaluation.evaluation_fn = @mgi"], "Did you mean mig?"),
    (["--gin_config", "mig", "--gin_bindings", "evaluation.evaluation_fn = @dataset"], "expected a reference to"),
    (["--gin_config", "mig", "--gin_bindings", "dataset.name = 'threeDot'"], "Did you mean threeDots"),
    (["--gin_config", "mig", "--gin_bindings", "dataset.name = 'threeDots'", "mig.num_train = 0"],
     "mig.num_train is 0 (binding 2); expected a whole number from 1"),
    (["--gin_config", "threeDots"], "No metric was chosen"),
    (["--gin_config", "threeDots", "--gin_bindings", "evaluation.evaluation_fn = @mig", "evaluation.random_seed = 0"],
     "The gin parameter mig.num_train must be given"),
])
def test_a_mistake_is_one_sentence_and_writes_nothing(exported: Path, tmp_path: Path, arguments: list[str],
                                                      message: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--model_dir", str(exported), "--output_dir", str(tmp_path / "out"), *arguments])
    error = capsys.readouterr().err
    assert (status, message in error, error.count("\n")) == (2, True, 1), error
    assert list(tmp_path.iterdir()) == []


def test_a_stranger_says_no_data_set_so_the_user_must(traced: Callable[..., Path], tmp_path: Path,
                                                      capsys: pytest.CaptureFixture[str],
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AICROWD_DATASET_NAME", raising=False)
    model = traced(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4096, 5))).parents[1]
    assert run(model, tmp_path / "out", configs=["mig"]) == 2
    assert "Add --gin_bindings \"dataset.name = 'NAME'\"." in capsys.readouterr().err
    assert run(model, tmp_path / "bound", "dataset.name = 'threeDots'", configs=["mig"]) == 0
    monkeypatch.setenv("AICROWD_DATASET_NAME", "threeDots")
    assert run(model, tmp_path / "environment", configs=["mig"]) == 0
    assert read(tmp_path / "bound")["discrete_mig"] == read(tmp_path / "environment")["discrete_mig"]


@pytest.mark.parametrize(("layers", "message"), [
    ([torch.nn.Conv2d(1, 1, 3)], "expected codes (N, D)"),
    ([torch.nn.Conv2d(3, 1, 64), torch.nn.Flatten()], "fails on images of shape"),
    ([torch.nn.Flatten(), torch.nn.Linear(4096, 2), torch.nn.LogSigmoid(), torch.nn.Threshold(9.0, float("nan"))],
     "gives nan for latent 0"),
])
def test_a_model_that_does_not_fit_is_named(traced: Callable[..., Path], tmp_path: Path, layers: list[torch.nn.Module],
                                            message: str, capsys: pytest.CaptureFixture[str]) -> None:
    channels = 3 if isinstance(layers[0], torch.nn.Conv2d) and layers[0].in_channels == 3 else 1
    model = traced(torch.nn.Sequential(*layers), (1, channels, 64, 64))
    assert run(model, tmp_path / "out", "dataset.name = 'threeDots'", configs=["mig"]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_representation_that_samples_is_encoded_anew_and_said(tmp_path: Path, encoder: torch.nn.Module,
                                                                images: np.ndarray,
                                                                caplog: pytest.LogCaptureFixture) -> None:
    from unbraid.export import export_representation

    export_representation(encoder, tmp_path / "sampled", images, representation="sample", data_set="threeDots",
                          formats=["onnx"])
    counts: list[int] = []
    evaluator = Evaluator(load_representation(tmp_path / "sampled"), tmp_path / "sampled", report=counts.append)
    for name in ("a", "b"):
        evaluator.evaluate(tmp_path / name, False, ["mig"], SMALL)
    assert "answers differently to the same images; every image is encoded anew" in caplog.text
    assert sum(counts) == 1000
    assert read(tmp_path / "a")["discrete_mig"] == read(tmp_path / "b")["discrete_mig"]  # the same seed


def test_a_metric_written_for_disentanglement_lib_plugs_in(exported: Path, tmp_path: Path) -> None:
    @gin.configurable("old_metric", denylist=RUNTIME_ARGUMENTS[:3])
    def compute_old_metric(ground_truth_data: Any, representation_function: Any, random_state: Any) -> dict[str, Any]:
        observations = ground_truth_data.sample_observations(12, random_state)
        codes = representation_function(observations)
        return {"mean_pixel": np.mean(observations), "shape": codes.shape, "value": observations[0, 0, 0, 0]}

    with pytest.warns(DeprecationWarning, match="takes no artifact_dir"):
        evaluate_with_gin(exported, tmp_path / "out", False, [], ["evaluation.evaluation_fn = @old_metric",
                                                                  "evaluation.random_seed = 0"])
    results = read(tmp_path / "out")
    assert results["shape"] == [12, 4]
    assert 0.5 < results["mean_pixel"] < 1


def test_one_table_for_several_runs(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics").symlink_to(scored)
    capsys.readouterr()
    assert summarise([str(tmp_path / "first"), str(tmp_path / "second")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["model", "local_mig_0_1", "local_modularity_0_1", "mig", "modularity_explicitness"]
    assert [line.split()[0] for line in lines[2:]] == ["first", "second"]
    assert summarise([str(tmp_path)]) == 2
    assert "holds no scores" in capsys.readouterr().err
