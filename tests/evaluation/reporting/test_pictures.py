"""The report of a real export: scored, decoded, differentiated; and of exports that lack parts."""

from __future__ import annotations

import base64
import io
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unbraid.evaluation.__main__ import main as evaluate
from unbraid.evaluation.reporting.pages.pictures import ACTIVE_KL, picture_sections, png_uri
from unbraid.evaluation.reporting.reading.runs import read_run
from unbraid.evaluation.reporting.report import main as report
from unbraid.evaluation.visualize.model import open_model


@pytest.fixture(scope="module")
def run(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the small exported model, with two scores of few points."""
    folder = tmp_path_factory.mktemp("reported") / "small"
    shutil.copytree(exported, folder / "representation")
    assert evaluate(["--model_dir", str(folder / "representation"), "--output_dir", str(folder / "metrics"),
                     "--repeats", "2", "--gin_config", "mig", "local_mig_0_1", "--jobs", "1", "--gin_bindings",
                     "mig.num_train = 200", "local_mig.num_train = 100", "local_mig.num_local_clusters = 2"]) == 0
    return folder


def pixels(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))))


def test_pictures_are_those_of_the_model(run: Path) -> None:
    sections = {section.anchor: section for section in picture_sections(read_run(run, "small"))}
    assert [section.missing for section in sections.values()] == [""] * 4
    (table,) = sections["traversals"].pictures
    model = open_model(run)
    order = np.argsort(-model.kl)
    assert [row.label for row in table.rows] == [f"z{i}: {model.kl[i]:.2f} nats" for i in order]
    start = model.encode(np.asarray(model.data.sample_observations(1, np.random.RandomState(0)), np.float32))[0]
    start[order[0]] = -2.0
    expected = np.round(255 * model.decode(start[None])[0, :, :, 0])
    shown = pixels(table.rows[0].source)[:, 1:65]  # after the line that keeps images apart
    assert np.abs(shown - expected).max() <= 1
    assert [len(table.columns), table.rows[0].width] == [9, 9 * 66]


def test_active_latents_are_those_above_the_threshold(run: Path) -> None:
    kl = open_model(run).kl
    section = next(one for one in picture_sections(read_run(run, "small")) if one.anchor == "kl")
    assert section.text.startswith(f"{(kl >= ACTIVE_KL).sum()} of 4 latents are active")
    assert f"All latents together: {kl.sum():.2f} nats." in section.text
    assert "KL divergence, nats" in section.charts[0].svg


def test_the_report_has_every_part(run: Path) -> None:
    assert report([str(run)]) == 0
    page = (run / "report.html").read_text()
    for anchor in ("model", "scores", "matrices", "traversals", "jacobian", "reconstructions", "kl", "time"):
        assert f'id="run0-{anchor}"' in page, anchor
    for anchor in ("locality", "training"):  # a single locality, and no training log
        assert f"run0-{anchor}" not in page, anchor
    assert page.count("data:image/png;base64,") == 4 + 3 + 2
    assert "Local mutual information" in page
    assert re.search(r"MIG</th><td>[\d.]+</td><td>[\d.]+ to [\d.]+</td>", page)  # an interval over the two seeds
    assert re.search(r'class="cards".*?MIG</span><b>[\d.]+</b>', page, re.DOTALL)  # the first screen has the headlines
    assert "mig.num_train = 200" in page
    assert "--repeats 5" not in page


def test_an_export_without_a_decoder_says_so_and_the_rest_is_there(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run", ignore=shutil.ignore_patterns("decoder.*"))
    assert report([str(tmp_path / "run")]) == 0
    page = (tmp_path / "run" / "report.html").read_text()
    assert "holds no exported decoder" in page
    assert "Mutual information" in page
    assert "data:image/png" not in page


def test_an_export_without_a_posterior_lacks_only_the_divergences(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run", ignore=shutil.ignore_patterns("posterior.*"))
    sections = {section.anchor: section for section in picture_sections(read_run(tmp_path / "run", "run"))}
    assert "posterior" in sections["kl"].missing
    assert [row.label for row in sections["traversals"].pictures[0].rows] == ["z0", "z1", "z2", "z3"]


def test_pictures_can_be_left_out(run: Path, tmp_path: Path) -> None:
    assert report([str(run), "--no_pictures", "--output_path", str(tmp_path / "page.html")]) == 0
    assert "data:image/png" not in (tmp_path / "page.html").read_text()


def test_images_become_their_pixels() -> None:
    image = np.random.RandomState(0).rand(3, 5, 3)
    np.testing.assert_array_equal(pixels(png_uri(image)), np.round(255 * image))
    assert pixels(png_uri(np.full((2, 2, 1), np.nan))).tolist() == [[128, 128], [128, 128]]


def test_the_method_of_an_export_without_training_is_the_recorded_one(run: Path) -> None:
    assert {result.method for result in read_run(run, "small").results} == {"vae"}


def test_local_scores_leave_the_matrix_they_come_from(run: Path) -> None:
    with np.load(run / "metrics" / "local_mig_0_1" / "artifacts" / "local_mutual_information.npz") as saved:
        assert saved["matrix"].shape == (4, 6)
        assert (saved["matrix"] >= 0).all()
        assert saved["matrix"].max() > 0
