"""Scores of many models in a folder of their own: MODELS/NAME and SCORES/NAME/METRIC."""

from pathlib import Path

import pytest

from unbraid.evaluation.reporting.reading.runs import read_run
from unbraid.evaluation.reporting.report import main as report


@pytest.mark.parametrize("place", ["scores", "metrics"])
def test_scores_beside_the_models_are_found(tmp_path: Path, write_result, place: str) -> None:
    for name in ("a", "b"):
        write_result(f"elsewhere/{name}", "mig", {"discrete_mig": 0.25})
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / place).mkdir(exist_ok=True)
        (tmp_path / "elsewhere" / name / "metrics").rename(tmp_path / place / name)
    run = read_run(tmp_path / "models" / "a", "a")
    assert [result.metric for result in run.results] == ["mig"]
    assert report([str(tmp_path / "models" / "a"), str(tmp_path / "models" / "b"), "--no_pictures"]) == 0
    page = (tmp_path / "models" / "report.html").read_text()
    assert "0.25" in page
    assert "No run has scores" not in page
