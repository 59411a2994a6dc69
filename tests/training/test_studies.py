"""Studies by number: the 12,600 models are the original ones, and every list holds what was published."""

import hashlib
import json

import gin
import pytest

from unbraid.common.configuration.parsing import bound, configured
from unbraid.evaluation.protocol.presets import metrics_of_preset, presets
from unbraid.evaluation.reporting.aggregate import main as aggregate_main
from unbraid.evaluation.reporting.report import main as report_main
from unbraid.evaluation.visualize.__main__ import main as visualize_main
from unbraid.export.__main__ import main as export_main
from unbraid.training.objectives.objective import VAEObjective
from unbraid.training.running.train import train  # noqa: F401  (registers everything for gin)
from unbraid.training.studies import reproduce
from unbraid.training.studies.registry import studies
from unbraid.training.studies.reproduce import commands

# SHA-256 of every model's bindings, one a line, as disentanglement_lib's own sweep gives them for models 0 to 12599.
ORIGINAL = "f66576c184c36a788790daf223b4c5136d5504e5f307a476036aac9b18542fa6"
COUNTS = {
    "unsupervised_study_v1": 12_600, "fairness_study_v1": 12_600, "abstract_reasoning_study_v1": 360,
    "jl1_vae": 5 * 10 + 4 * 10 + 6 * 10 + 2 * 5 + 2 + 1,
    "disentangling_vae": 5 * 4 + 3 * 2 + 2 + 5 + 2,
    "lie_group_vae": 2 * 10,
    "cfasl": 4 * (4 * 4 * 10 + 4 * 4 * 2 * 2 * 10),
    "mipet": 3 * 3 * 2 * 10,
}
# Model of a list -> what its training binds, from the originals' scripts and stored settings.
MODELS = {
    ("jl1_vae", 0): {"jlonevae.gamma": 0.0, "model.random_seed": 11, "dataset.name": "threeDotsCache"},
    ("jl1_vae", 49): {"jlonevae.gamma": 0.4, "model.random_seed": 20, "jlonevae.beta": 4.0},
    ("jl1_vae", 50): {"jlonevae.gamma": 0.1, "model.random_seed": 11, "jlonevae.regularization_type": "jltwo"},
    ("jl1_vae", 90): {"vae.beta": 4.0, "model.random_seed": 0, "dataset.name": "threeDotsCache"},
    ("jl1_vae", 109): {"factor_vae.gamma": 30.0, "model.random_seed": 9, "model.training_steps": 300_000},
    ("jl1_vae", 149): {"annealed_vae.c_max": 25.0, "model.random_seed": 9},
    ("jl1_vae", 159): {"jlonevae.gamma": 0.01, "model.random_seed": 15, "dataset.name": "mpi3d_multi_real"},
    ("jl1_vae", 161): {"jlonevae.gamma": 0.01, "model.training_steps": 100_096, "model.batch_size": 128},
    ("jl1_vae", 162): {"dataset.name": "threeDotsCacheSmall", "model.training_steps": 30_000},
    ("disentangling_vae", 0): {"dataset.name": "mnist", "vae.beta": 1.0, "model.training_steps": 375_200},
    ("disentangling_vae", 7): {"dataset.name": "celeba", "annealed_vae.c_max": 50.0, "annealed_vae.gamma": 100.0},
    ("disentangling_vae", 18): {"dataset.name": "dsprites_full", "factor_vae.gamma": 6.4, "model.batch_size": 128,
                                "model.training_steps": 345_600, "factor_vae.permute_batch": "half"},
    ("disentangling_vae", 25): {"dataset.name": "dsprites_full", "beta_tc_vae.alpha": 5.0, "beta_tc_vae.beta": 6.4},
    ("disentangling_vae", 26): {"dataset.name": "celeba", "beta_tc_vae.alpha": -1.0, "beta_tc_vae.beta": 6.4},
    ("disentangling_vae", 30): {"dataset.name": "fashion_mnist", "annealed_vae.c_max": 25.0},
    ("disentangling_vae", 33): {"dataset.name": "celeba", "beta_tc_vae.alpha": -10.0, "beta_tc_vae.beta": 20.0},
    ("disentangling_vae", 34): {"dataset.name": "dsprites_full", "beta_tc_vae.alpha": -5.0, "beta_tc_vae.beta": 10.0},
    ("lie_group_vae", 19): {"dataset.name": "shapes3d", "commutative_lie_group_vae.hy_hes": 20.0,
                            "model.random_seed": 9},
    ("cfasl", 0): {"dataset.name": "dsprites_full", "vae.beta": 1.0, "model.random_seed": 1},
    ("cfasl", 160): {"dataset.name": "dsprites_full", "vae.beta": 1.0, "cfasl.epsilon": 0.1, "cfasl.threshold": 0.2},
    ("cfasl", 1599): {"dataset.name": "shapes3d", "commutative_lie_group_vae.hy_rec": 0.7, "cfasl.epsilon": 0.01,
                      "cfasl.threshold": 0.5, "model.random_seed": 10, "encoder.num_latent": 6,
                      "model.training_steps": 500_000},
    ("cfasl", 2_719): {"dataset.name": "smallnorb", "vae.beta": 6.0, "model.training_steps": 300_000,
                       "gist_cnn_encoder.num_hidden": 256},
    ("mipet", 10): {"dataset.name": "dsprites_full", "AdamOptimizer.weight_decay": 0.0001, "model.random_seed": 1,
                    "model.batch_size": 256, "AdamOptimizer.learning_rate": 0.0004, "model.training_steps": 86_400},
    ("mipet", 179): {"dataset.name": "cars3d", "model.training_steps": 13_800, "mipet.num_transformations": 1},
}


def test_all_models_of_the_unsupervised_study() -> None:
    study, digest = studies()["unsupervised_study_v1"], hashlib.sha256()
    for model_num in range(study.num_models):
        digest.update(("\n".join(study.model_bindings(model_num)) + "\n").encode())
    assert digest.hexdigest() == ORIGINAL


def test_numbers_of_models() -> None:
    assert {name: studies()[name].num_models for name in studies()} == COUNTS


@pytest.mark.parametrize("name", COUNTS)
def test_models_of_a_study_differ(name: str) -> None:
    study = studies()[name]
    models = [(study.find(number)[0].config, *study.model_bindings(number)) for number in range(study.num_models)]
    assert len(set(models)) == study.num_models


@pytest.mark.parametrize("name", COUNTS)
def test_every_grid_makes_a_model(name: str) -> None:
    for grid in studies()[name].grids:
        with configured([grid.config], grid.model_bindings(0)):
            assert isinstance(gin.query_parameter("model.model").scoped_configurable_fn(), VAEObjective)


@pytest.mark.parametrize(("name", "model_num"), MODELS)
def test_published_values(name: str, model_num: int) -> None:
    grid, number = studies()[name].find(model_num)
    with configured([grid.config], grid.model_bindings(number)):
        expected = MODELS[name, model_num]
        assert {parameter: bound(parameter) for parameter in expected} == expected


def test_list_shows_studies_with_their_numbers(capsys) -> None:
    assert reproduce.main(["--list"]) == 0
    lines = {line.split()[0]: line.split()[1] for line in capsys.readouterr().out.splitlines()[2:]}
    assert lines == {name: f"{count:,}" for name, count in COUNTS.items()}


def test_list_of_a_study_shows_numbers_configs_and_values(capsys) -> None:
    assert reproduce.main(["--list", "--study", "jl1_vae"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split(maxsplit=2) == ["0-49", "jlonevae_three_dots", "jlonevae.gamma = 0.0, 0.1, 0.05, 0.2, 0.4; "
                                          "model.random_seed = 11, 12, 13, 14, 15, 16, 17, 18, 19, 20"]
    assert lines[2].split()[:4] == ["90-99", "dlib_shared", "threeDotsCache;", "beta_vae;"]
    assert lines[-1].split() == ["162", "jlonevae_three_dots_small"]


def test_help_shows_the_studies(capsys) -> None:
    with pytest.raises(SystemExit):
        reproduce.main(["--help"])
    assert "disentangling_vae" in capsys.readouterr().out


def test_only_print_shows_bindings_and_commands(capsys, monkeypatch) -> None:
    monkeypatch.setattr(reproduce, "run_child", None)
    assert reproduce.main(["--model_num", "300", "--only_print"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "dataset.name = 'dsprites_full'"
    assert "factor_vae.gamma = 10.0" in lines
    assert sum(line.startswith("python -m unbraid.evaluation") for line in lines) == 2 * 9


def test_data_sets_without_factors_are_not_scored(tmp_path) -> None:
    assert [command[0] for command in commands("disentangling_vae", 0, tmp_path)] == ["unbraid.training",
                                                                                      "unbraid.export"]


def test_seeds_after_training_come_from_one_generator(tmp_path) -> None:
    run = commands("unsupervised_study_v1", 0, tmp_path)
    assert "postprocess.random_seed = 2357136044" in run[1]
    assert "postprocess.random_seed = 2546248239" in run[2]
    assert len({command[-2] for command in run[1:]}) == len(run) - 1
    chosen = commands("unsupervised_study_v1", 0, tmp_path, metrics=["mig"])
    assert chosen[3:] == [command for command in run if command[-1] == "evaluation.name = 'mig'"]


def test_a_run_has_one_layout(tmp_path) -> None:
    run = commands("unsupervised_study_v1", 0, tmp_path, metrics=["mig"])
    folders = [command[command.index("--output_dir") + 1] for command in run[1:]]
    assert folders == [str(tmp_path / folder) for folder in
                       ("representation", "representation_sampled", "metrics/mig", "metrics/sampled/mig")]
    only_sampled = commands("cfasl", 0, tmp_path)
    assert [command[command.index("--output_dir") + 1] for command in only_sampled[1:]] == [
        str(tmp_path / "representation"), str(tmp_path / "metrics")]


@pytest.mark.parametrize("name", COUNTS)
def test_a_study_is_scored_by_its_papers_preset(name: str, tmp_path) -> None:
    study = studies()[name]
    assert study.preset in presets()
    if not study.seeded_metrics:
        scored = next(number for number in (0, 15) if study.find(number)[0].is_scored)
        assert commands(name, scored, tmp_path)[-1][-2:] == ["--preset", study.preset]
    else:
        assert set(study.seeded_metrics) == set(metrics_of_preset(study.preset))


def test_any_preset_or_metric_scores_a_model(tmp_path) -> None:
    assert commands("cfasl", 0, tmp_path, preset="disent_fast")[-1][-2:] == ["--preset", "disent_fast"]
    run = commands("unsupervised_study_v1", 0, tmp_path, metrics=["infomec", "mig", "irs"])[3:5]
    assert run[0][-3:-1] == ["--gin_bindings", "evaluation.random_seed = 3638918503"]
    assert run[1][-3:] == ["--gin_config", "infomec", "irs"]


@pytest.mark.parametrize(("arguments", "message"), [
    (["--model_num", "12600"], "--model_num is 12600; this study has the models 0 to 12599"),
    (["--model_num", "-1"], "--model_num is -1; this study has the models 0 to 12599"),
    (["--study", "jl1_vae"], "--model_num must be given: a number below 163 for jl1_vae; --study jl1_vae --list"),
    (["--model_num", "0", "--metrics", "mgi"], "There is no gin config 'mgi'"),
    (["--model_num", "0", "--preset", "cfasl_2042"], "There is no gin config 'presets/cfasl_2042'"),
    (["--model_num", "0", "--study", "unsupervised_study_v2"], "Did you mean unsupervised_study_v1"),
    (["--list", "--study", "jl1"], "Unknown study 'jl1'")])
def test_what_does_not_exist(arguments: list[str], message: str, capsys) -> None:
    assert reproduce.main([*arguments, "--only_print"]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_model_is_trained_exported_and_scored_and_not_again(tmp_path, capfd) -> None:
    command = ["--study", "jl1_vae", "--model_num", "162", "--output_directory", str(tmp_path), "--metrics",
               "local_mig_0_1", "--gin_bindings", "model.training_steps = 4", "model.eval_steps = 1",
               "model.batch_size = 4"]
    assert reproduce.main(command) == 0
    path = tmp_path / "metrics" / "local_mig_0_1" / "results" / "json" / "evaluation_results.json"
    scores = json.loads(path.read_text())
    assert 0 <= scores["discrete_mig"] <= 1
    aggregate = json.loads((path.parents[1] / "aggregate" / "evaluation.json").read_text())
    assert aggregate["train_config.jlonevae.gamma"] == "0.1"
    assert (aggregate["train_results.global_step"], aggregate["train_config.model.model_num"]) == (4, "162")
    written = path.stat().st_mtime_ns
    assert reproduce.main(command) == 0
    assert path.stat().st_mtime_ns == written
    assert "nothing to do" in capfd.readouterr().out
    assert export_main(["--inspect", str(tmp_path)]) == 0
    assert "representation" in capfd.readouterr().out
    assert report_main([str(tmp_path)]) == 0
    assert visualize_main([str(tmp_path), "reconstruct"]) == 0
    assert aggregate_main(["--result_file_pattern", str(tmp_path), "--table", str(tmp_path / "table.md")]) == 0


def test_a_step_that_fails_ends_the_run_with_its_name(tmp_path, capfd) -> None:
    assert reproduce.main(["--study", "jl1_vae", "--model_num", "162", "--output_directory", str(tmp_path),
                           "--gin_bindings", "model.training_steps = 'many'"]) == 2
    assert "unbraid.training failed; what it printed says why. The same command goes on" in capfd.readouterr().err
