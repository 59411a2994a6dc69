"""Studies by number: the 12,600 models are the original ones."""

import hashlib

import pytest

from unbraid.training import reproduce
from unbraid.training.reproduce import commands
from unbraid.training.studies import STUDIES

# SHA-256 of every model's bindings, one a line, as disentanglement_lib's own sweep gives them for models 0 to 12599.
ORIGINAL = "f66576c184c36a788790daf223b4c5136d5504e5f307a476036aac9b18542fa6"


def test_all_models_of_the_unsupervised_study() -> None:
    study, digest = STUDIES["unsupervised_study_v1"], hashlib.sha256()
    for model_num in range(study.num_models):
        digest.update(("\n".join(study.model_bindings(model_num)) + "\n").encode())
    assert study.num_models == 12_600
    assert digest.hexdigest() == ORIGINAL


def test_numbers_of_models() -> None:
    assert {name: study.num_models for name, study in STUDIES.items()} == {
        "unsupervised_study_v1": 12_600, "fairness_study_v1": 12_600, "abstract_reasoning_study_v1": 360}


def test_only_print_shows_bindings_and_commands(capsys, monkeypatch) -> None:
    monkeypatch.setattr(reproduce.subprocess, "run", None)
    assert reproduce.main(["--model_num", "300", "--only_print"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "dataset.name = 'dsprites_full'"
    assert "factor_vae.gamma = 10.0" in lines
    assert sum(line.startswith("python -m unbraid.evaluation") for line in lines) == 2 * 9


def test_seeds_after_training_come_from_one_generator(tmp_path) -> None:
    run = commands("unsupervised_study_v1", 0, tmp_path)
    assert "postprocess.random_seed = 2357136044" in run[1]
    assert "postprocess.random_seed = 2546248239" in run[2]
    assert len({command[-2] for command in run[1:]}) == len(run) - 1


@pytest.mark.parametrize(("arguments", "message"), [
    (["--model_num", "12600"], "--model_num is 12600; this study has the models 0 to 12599"),
    (["--model_num", "0", "--study", "unsupervised_study_v2"], "Did you mean unsupervised_study_v1")])
def test_models_that_do_not_exist(arguments: list[str], message: str, capsys) -> None:
    assert reproduce.main([*arguments, "--only_print"]) == 2
    assert message in capsys.readouterr().err
