"""Codes that are labels, such as indices into a codebook: information does not depend on what they are called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

import unbraid
from unbraid.common.errors import UserError
from unbraid.evaluation.__main__ import main
from unbraid.metrics.information.discretization import label_discretize

RANDOM_STATE = np.random.RandomState(0)
FACTORS = np.stack([RANDOM_STATE.randint(size, size=2000) for size in (3, 5)], axis=1)
# The first code knows both factors, as a codebook of 512 entries of which 15 are used; the second knows one.
CODES = np.stack([FACTORS[:, 0] * 100 + FACTORS[:, 1] * 7, FACTORS[:, 1], RANDOM_STATE.randint(4, size=2000)], axis=1)


def renamed(codes: np.ndarray) -> np.ndarray:
    names = np.random.RandomState(1).permutation(512)
    return np.asarray(names[codes])


def expected_mig() -> float:
    """From scikit-learn's mutual information of labels."""
    information = np.array([[mutual_info_score(factor, code) for factor in FACTORS.T] for code in CODES.T])
    second, first = np.sort(information, axis=0)[-2:]
    return float(np.mean((first - second) / [mutual_info_score(factor, factor) for factor in FACTORS.T]))


def test_mig_is_that_of_scikit_learns_information() -> None:
    found = unbraid.metrics.mig(CODES, FACTORS, discretizer=label_discretize)
    assert found["discrete_mig"] == pytest.approx(expected_mig(), abs=1e-12)


@pytest.mark.parametrize(("metric", "options"), [
    ("mig", {"discretizer": label_discretize}), ("mig_sup", {"discretizer": label_discretize}),
    ("dcimig", {"discretizer": label_discretize}), ("jemmig", {"discretizer": label_discretize, "num_bins": 512}),
    ("modularity_explicitness", {"discretizer": label_discretize}), ("infomec", {"discrete_latents": True})])
def test_names_of_labels_do_not_count(metric: str, options: dict[str, Any]) -> None:
    key = {"modularity_explicitness": "modularity_score", "infomec": "infom"}.get(metric)
    scores = [unbraid.score(codes, FACTORS, {metric: options})[metric] for codes in (CODES, renamed(CODES))]
    first, second = ({name: found[name] for name in found if key in (None, name)} for found in scores)
    assert first == pytest.approx(second, abs=1e-12)


def test_bins_of_equal_width_would_count_them() -> None:
    first, second = (unbraid.metrics.mig(codes, FACTORS)["discrete_mig"] for codes in (CODES, renamed(CODES)))
    assert abs(first - second) > 0.01


def test_more_labels_than_the_codes_type_can_count() -> None:
    codes = np.arange(300, dtype=np.float32)[None]
    assert label_discretize(codes.astype(np.float16), 20)[0].tolist() == list(range(1, 301))
    with pytest.raises(UserError, match="NaN or infinity"):
        label_discretize(np.full((1, 3), np.nan), 20)


def test_a_command_scores_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "codes.npz", codes=CODES, factors=FACTORS)
    assert main(["--codes", str(tmp_path / "codes.npz"), "--output_dir", str(tmp_path / "scores"),
                 "--gin_config", "mig", "--gin_bindings",
                 "discretizer.discretizer_fn = @label_discretizer", "mig.num_train = 2000"]) == 0
    assert "discrete_mig" in capsys.readouterr().out
