"""Several metrics, models and seeds in one call: folders, resumption, intervals, figures, mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from unbraid.evaluation.__main__ import main
from unbraid.evaluation.protocol.presets import metrics_of_preset
from unbraid.evaluation.protocol.repeats import interval, summarise
from unbraid.evaluation.protocol.study import model_names

SMALL = [
    "factor_vae_score.num_train = 40", "factor_vae_score.num_eval = 20", "factor_vae_score.num_variance_estimate = 40",
    "factor_vae_score.batch_size = 5", "prune_dims.threshold = 0.0", "mig.num_train = 100", "irs.num_train = 100",
    "dci.num_train = 60", "dci.num_test = 20", "sap_score.num_train = 200", "sap_score.num_test = 60",
    "udr_sklearn.num_data_points = 40"]


def run(models: list[Path], output: Path, *extra: str) -> int:
    return main(["--model_dir", *map(str, models), "--output_dir", str(output), "--gin_bindings", *SMALL, *extra])


def scores(folder: Path, step: str = "evaluation") -> dict:
    return json.loads((folder / "results" / "json" / f"{step}_results.json").read_text())


@pytest.fixture(scope="module")
def challenge(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("study") / "metrics"
    assert run([exported], output, "--study", "challenge_2019", "--figures", "--jobs", "1") == 0
    return output


def test_a_study_scores_each_metric_into_a_folder_with_matrices_and_figures(challenge: Path) -> None:
    assert sorted(path.name for path in challenge.iterdir()) == sorted(metrics_of_preset("challenge_2019"))
    for metric, matrix in (("mig", "mutual_information"), ("dci", "importances"), ("sap_score", "sap"), ("irs", "irs"),
                           ("factor_vae_metric", "votes")):
        with np.load(challenge / metric / "artifacts" / f"{matrix}.npz") as saved:
            assert saved["matrix"].shape == (4, 6)
            assert list(saved["factor_names"]) == ["x_0", "y_0", "x_1", "y_1", "x_2", "y_2"]
        assert (challenge / metric / "artifacts" / f"{matrix}.png").stat().st_size > 1000


def test_results_record_preset_bindings_and_versions(challenge: Path, exported: Path, tmp_path: Path) -> None:
    found = scores(challenge / "mig")
    assert found["preset"] == "challenge_2019"
    assert found["gin_bindings"][-1] == SMALL[-1]
    assert {"numpy", "scikit-learn", "unbraid"} <= set(found["library_versions"])
    bound = json.loads((challenge / "mig" / "results" / "json" / "evaluation_config.json").read_text())
    assert bound["evaluation.preset"] == "'challenge_2019'"
    assert (bound["mig.num_train"], bound["mig.batch_size"]) == ("100", "16")
    assert run([exported], tmp_path / "mig", "--gin_config", "mig") == 0
    assert scores(tmp_path / "mig")["preset"] == ""


def test_only_what_is_missing_is_computed_again(exported: Path, challenge: Path) -> None:
    kept = scores(challenge / "mig")["uuid"]
    (challenge / "irs" / "results" / "json" / "evaluation_results.json").unlink()
    assert run([exported], challenge, "--study", "challenge_2019", "--resume") == 0
    assert scores(challenge / "mig")["uuid"] == kept
    assert "IRS" in scores(challenge / "irs")


def test_results_of_other_settings_are_not_kept(exported: Path, tmp_path: Path) -> None:
    output, resumed = tmp_path / "mig", ["--gin_config", "mig", "--resume"]
    assert run([exported], output, "--gin_config", "mig") == 0
    first = scores(output)
    assert run([exported], output, *resumed, "--gin_bindings", "mig.num_train = 150") == 0
    assert scores(output)["uuid"] != first["uuid"]
    assert run([exported], output, *resumed) == 0
    assert scores(output)["discrete_mig"] == first["discrete_mig"]


def test_boosted_trees_depend_on_the_seed_alone(exported: Path, challenge: Path, tmp_path: Path) -> None:
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    assert run([exported], tmp_path / "dci", "--gin_config", "dci", "--jobs", "2") == 0
    for key in ("disentanglement", "completeness", "informativeness_test"):
        assert scores(tmp_path / "dci")[key] == scores(challenge / "dci")[key]
    assert (np.random.get_state()[1] == before).all()


def test_scikit_learn_gives_the_same_dci(exported: Path, challenge: Path, tmp_path: Path) -> None:
    reference = "gradient_boosting_classifier.implementation = 'scikit-learn'"
    assert run([exported], tmp_path / "dci", "--gin_config", "dci", "--gin_bindings", reference) == 0
    for key in ("disentanglement", "completeness", "informativeness_train", "informativeness_test"):
        assert scores(tmp_path / "dci")[key] == pytest.approx(scores(challenge / "dci")[key], abs=1e-9)


def test_repeats_give_mean_and_interval(exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([exported], tmp_path / "mig", "--gin_config", "mig", "--repeats", "3") == 0
    folders = [tmp_path / "mig", *(tmp_path / "mig" / "repeats" / str(seed) for seed in (1, 2))]
    values = [scores(folder)["discrete_mig"] for folder in folders]
    summary = json.loads((tmp_path / "mig" / "repeats.json").read_text())["discrete_mig"]
    assert summary["values"] == values
    assert len(set(values)) == 3
    assert summary["mean"] == pytest.approx(np.mean(values))
    assert "95 % from" in capsys.readouterr().out


def test_the_interval_is_students():
    found = interval([1.0, 2.0, 4.0])
    low, high = stats.t.interval(0.95, 2, loc=np.mean([1, 2, 4]), scale=stats.sem([1, 2, 4]))
    assert (found["low"], found["high"]) == (pytest.approx(low), pytest.approx(high))
    assert np.isnan(interval([1.0])["sd"])
    assert list(summarise([{"score": 1.0, "elapsed_time": 2.0, "samples": [1]}] * 2)) == ["score"]


def test_several_models_and_a_metric_that_compares_them(exported: Path, tmp_path: Path, caplog) -> None:
    one, other = tmp_path / "one.onnx", tmp_path / "other.onnx"  # without a posterior beside them
    for path in (one, other):
        path.write_bytes((exported / "representation.onnx").read_bytes())
    output = tmp_path / "metrics"
    assert run([one, other], output, "--gin_config", "mig", "udr") == 0
    assert scores(output / "one" / "mig")["discrete_mig"] == scores(output / "other" / "mig")["discrete_mig"]
    found = scores(output / "udr")
    assert len(found["model_scores"]) == 2
    assert found["model_scores"][0] == found["model_scores"][1] > 0.5
    assert "every code counts as active" in caplog.text


def test_the_posterior_is_scored_where_there_is_one(exported: Path, tmp_path: Path, capsys) -> None:
    small = ["--gin_config", "mig_qzx", "--gin_bindings", "mig_qzx.num_images = 60", "mig_qzx.num_samples = 20"]
    assert run([exported], tmp_path / "mig_qzx", *small) == 0
    found = scores(tmp_path / "mig_qzx")
    assert 0 <= found["MIG"] <= 1
    assert 0 <= found["AAM"] <= 1
    alone = tmp_path / "alone.onnx"
    alone.write_bytes((exported / "representation.onnx").read_bytes())
    assert run([alone], tmp_path / "alone", *small) == 2
    assert "posterior" in capsys.readouterr().err


def test_validation_scores_fixed_data(exported: Path, tmp_path: Path) -> None:
    small = "validation.num_labelled_samples = 100"
    assert run([exported], tmp_path / "mig", "--gin_config", "mig_validation", "--gin_bindings", small) == 0
    assert 0 <= scores(tmp_path / "mig", "validation")["discrete_mig"] <= 1


@pytest.mark.parametrize(("extra", "message"), [
    (["--study", "fairness_study"], "Unknown preset 'fairness_study'. Did you mean fairness_study_v1"),
    (["--gin_config", "mig", "--repeats", "0"], "--repeats is 0; expected 1 or more."),
    (["--gin_config", "mig", "--jobs", "-1"], "--jobs is -1; expected 1 or more."),
    (["--gin_config", "data_sets/threeDots"], "No metric was chosen"),
    (["--preset", "cfasl_2042"], "Unknown preset 'cfasl_2042'. Did you mean cfasl_2024"),
    (["--gin_config", "udr"], "UDR compares models; got 1, expected two or more."),
])
def test_mistakes_are_one_sentence(exported: Path, tmp_path: Path, capsys, extra, message) -> None:
    assert run([exported], tmp_path / "out", *extra) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_models_of_one_name_are_told_apart():
    assert model_names([Path("a/representation"), Path("b/a.onnx"), Path("c/representation")]) == ["a", "a_1", "c"]
