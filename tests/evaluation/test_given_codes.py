"""Codes in, scores out: files of codes stand in the place of a model."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from unbraid.evaluation.__main__ import main
from unbraid.evaluation.protocol.evaluate import Evaluator
from unbraid.evaluation.protocol.metric_inputs import saved_codes
from unbraid.evaluation.reporting.charts.heat_map_files import figure_of
from unbraid.evaluation.reporting.charts.heat_maps import read_matrix
from unbraid.evaluation.reporting.report import main as report
from unbraid.evaluation.sampling.code_table import CodeTable, _GridCodes
from unbraid.export import load_representation

SIZES = (4, 3, 5)
NAMES = ["shape", "size", "hue"]
SMALL = ["mig.num_train = 300", "irs.num_train = 300", "sap_score.num_train = 200", "sap_score.num_test = 90",
         "beta_vae_sklearn.num_train = 60", "beta_vae_sklearn.num_eval = 30", "factor_vae_score.num_train = 60",
         "factor_vae_score.num_eval = 30", "factor_vae_score.num_variance_estimate = 60", "prune_dims.threshold = 0.0",
         "flatness.repeats = 3"]


def grid() -> np.ndarray:
    return np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    noise = np.random.RandomState(0).randn(len(grid()), 4)
    return (np.hstack([grid()[:, ::-1], np.zeros((len(noise), 1))]) + 0.1 * noise).astype(np.float32)


@pytest.fixture(scope="module")
def factors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV file with words and numbers, not in the order of the grid's factors."""
    path = tmp_path_factory.mktemp("factors") / "factors.csv"
    write_csv(path, NAMES, [[f"s{row[0]}", row[1], row[2] / 4] for row in grid().tolist()])
    return path


def write_csv(path: Path, names: list[str], rows: Any) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([names, *rows])


def run(output: Path, *arguments: str | Path, metrics: tuple[str, ...] = ("mig",), bindings: tuple[str, ...] = ()
        ) -> int:
    return main([*map(str, arguments), "--output_dir", str(output), "--gin_config", *metrics, "--gin_bindings", *SMALL,
                 *bindings])


def results(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "results" / "json" / "evaluation_results.json").read_text())


def scores(folder: Path) -> dict[str, Any]:
    """The numbers that a metric computed."""
    return {key: value for key, value in results(folder).items()
            if isinstance(value, (int, float)) and key != "elapsed_time"}


def parquet(path: Path, codes: np.ndarray) -> None:
    table = pytest.importorskip("pyarrow").table({f"z{i}": column for i, column in enumerate(codes.T)})
    pytest.importorskip("pyarrow.parquet").write_table(table, path)


def hdf5(path: Path, **arrays: np.ndarray) -> None:
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array


WRITERS: dict[str, Callable[[Path, np.ndarray], Any]] = {
    "codes.npy": np.save, "codes.npz": lambda path, codes: np.savez(path, codes=codes, more=np.eye(2)),
    "anything.npz": lambda path, codes: np.savez(path, whatever=codes),
    "codes.h5": lambda path, codes: hdf5(path, latents=codes), "codes.parquet": parquet,
    "codes.csv": lambda path, codes: write_csv(path, list("abcd"), codes.astype(float).tolist()),
    "codes.tsv": lambda path, codes: path.write_text("\n".join(
        ["a\tb\tc\td", *("\t".join(map(repr, row)) for row in codes.astype(float).tolist())])),
    "codes.jsonl": lambda path, codes: path.write_text("\n".join(
        json.dumps(dict(zip("abcd", row, strict=True))) for row in codes.astype(float).tolist())),
}


@pytest.mark.parametrize("name", WRITERS)
def test_codes_of_every_form_are_scored_alike(name: str, codes: np.ndarray, factors: Path, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name, codes)
    np.save(tmp_path / "reference.npy", codes)
    for file in (name, "reference.npy"):
        assert run(tmp_path / f"out_{file}", "--codes", tmp_path / file, "--factors", factors) == 0
    assert scores(tmp_path / f"out_{name}")["discrete_mig"] == pytest.approx(
        scores(tmp_path / "out_reference.npy")["discrete_mig"], abs=0 if "." in name and "np" in name else 1e-3)
    with np.load(tmp_path / f"out_{name}" / "artifacts" / "mutual_information.npz") as saved:
        assert list(saved["factor_names"]) == NAMES


def structured(columns: dict[str, np.ndarray]) -> np.ndarray:
    table = np.empty(len(grid()), dtype=[(name, values.dtype) for name, values in columns.items()])
    for name, values in columns.items():
        table[name] = values
    return table


def table_of(columns: dict[str, np.ndarray]) -> Any:
    return pytest.importorskip("pyarrow").table(columns)


NAMED: dict[str, Callable[[Path, dict[str, np.ndarray]], Any]] = {
    "csv": lambda path, columns: write_csv(path, list(columns), np.stack(list(columns.values()), axis=1).tolist()),
    "parquet": lambda path, columns: pytest.importorskip("pyarrow.parquet").write_table(table_of(columns), path),
    "npy": lambda path, columns: np.save(path, structured(columns)),
    "npz": lambda path, columns: np.savez(path, **{path.stem: structured(columns)}),
    "h5": lambda path, columns: hdf5(path, **{path.stem: structured(columns)}),
    "names.npz": lambda path, columns: np.savez(
        path, **{path.name.partition(".")[0]: np.stack(list(columns.values()), axis=1),
                 ("code_names" if "codes" in path.name else "factor_names"): list(columns)}),
}
CODE_NAMES = ["z_a", "code_7", "position of x"]


@pytest.mark.parametrize("form", NAMED)
def test_names_of_columns_are_kept_in_matrices_results_heat_maps_and_reports(form: str, tmp_path: Path) -> None:
    codes = grid() + 0.1 * np.random.RandomState(0).randn(*grid().shape)
    for name, names, columns in (("codes", CODE_NAMES, codes), ("factors", NAMES, grid())):
        NAMED[form](tmp_path / f"{name}.{form}", dict(zip(names, columns.T, strict=True)))
    assert run(tmp_path / "out", "--codes", tmp_path / f"codes.{form}", "--factors", tmp_path / f"factors.{form}",
               "--figures") == 0
    path = tmp_path / "out" / "artifacts" / "mutual_information.npz"
    with np.load(path) as saved:
        assert (saved["code_names"].tolist(), saved["factor_names"].tolist()) == (CODE_NAMES, NAMES)
    found = results(tmp_path / "out")
    assert (found["code_names"], found["factor_names"]) == (CODE_NAMES, NAMES)
    axes = figure_of(read_matrix(path)).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == CODE_NAMES
    assert [label.get_text() for label in axes.get_xticklabels()] == NAMES
    assert report([str(tmp_path / "out"), "--output", str(tmp_path / "report.html")]) == 0
    page = (tmp_path / "report.html").read_text()
    assert all(name in page for name in CODE_NAMES + NAMES)
    assert ">z0<" not in page


def encode(tmp_path: Path) -> tuple[Path, list[str], Path]:
    """A model, bindings that name its data, and the codes of all images in order."""
    torch.manual_seed(0)
    images = np.random.RandomState(0).uniform(size=(len(grid()), 8, 8, 1)).astype(np.float32)
    np.savez(tmp_path / "own.npz", images=images, factors=grid()[::-1], factor_names=NAMES)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 4)).eval()
    torch.jit.save(torch.jit.trace(model, torch.zeros(2, 1, 8, 8)), str(tmp_path / "model.pt"))
    np.save(tmp_path / "codes.npy", load_representation(tmp_path / "model.pt")(images))
    return (tmp_path / "model.pt", ["dataset.name = 'custom'", f"custom_data.path = '{tmp_path / 'own.npz'}'"],
            tmp_path / "codes.npy")


METRICS = ("mig", "sap_score", "irs", "beta_vae_sklearn", "factor_vae_metric", "flatness")


def test_codes_of_a_whole_grid_have_the_models_scores_interventions_included(tmp_path: Path) -> None:
    model, bindings, codes = encode(tmp_path)
    assert run(tmp_path / "model", "--model_dir", model, metrics=METRICS, bindings=tuple(bindings)) == 0
    assert run(tmp_path / "codes", "--codes", codes, "--data_set", "custom", metrics=METRICS,
               bindings=tuple(bindings)) == 0
    for metric in METRICS:
        assert scores(tmp_path / "codes" / metric) == scores(tmp_path / "model" / metric)
    assert results(tmp_path / "codes" / "mig")["artifact_backend"] == "codes"


def test_saved_codes_need_no_model(tmp_path: Path) -> None:
    model, bindings, _ = encode(tmp_path)
    assert run(tmp_path / "model", "--model_dir", model, "--save_codes", bindings=tuple(bindings)) == 0
    model.unlink()
    saved = tmp_path / "model" / "codes.npz"
    assert run(tmp_path / "codes", "--codes", saved, metrics=("mig", "irs"), bindings=(bindings[1],)) == 0
    assert scores(tmp_path / "codes" / "mig") == scores(tmp_path / "model")


def test_a_file_may_hold_codes_and_factors(codes: np.ndarray, tmp_path: Path) -> None:
    np.savez(tmp_path / "both.npz", codes=codes, factors=grid(), factor_names=NAMES)
    write_csv(tmp_path / "both.csv", [*NAMES, *"abcd"], np.hstack([grid(), codes.astype(float)]).tolist())
    assert run(tmp_path / "npz", "--codes", tmp_path / "both.npz") == 0
    assert run(tmp_path / "csv", "--codes", tmp_path / "both.csv", "--factors", tmp_path / "both.csv",
               bindings=(f"points.factor_names = {NAMES}",)) == 0
    assert scores(tmp_path / "csv") == pytest.approx(scores(tmp_path / "npz"), abs=1e-3)


def test_such_runs_are_repeated_resumed_compared_and_reported(codes: np.ndarray, factors: Path, tmp_path: Path,
                                                              capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "one.npy", codes)
    np.save(tmp_path / "two.npy", codes[:, ::-1])
    files = ("--codes", tmp_path / "one.npy", tmp_path / "two.npy", "--factors", factors, "--repeats", "2", "--figures")
    assert run(tmp_path / "out", *files, metrics=("mig", "irs")) == 0
    first = results(tmp_path / "out" / "one" / "mig")
    assert first["discrete_mig"] == pytest.approx(results(tmp_path / "out" / "two" / "mig")["discrete_mig"])
    assert "95 % from" in capsys.readouterr().out
    assert run(tmp_path / "out", *files, "--resume", metrics=("mig", "irs")) == 0
    assert results(tmp_path / "out" / "one" / "mig")["uuid"] == first["uuid"]
    np.save(tmp_path / "one.npy", codes[::-1])
    assert run(tmp_path / "out", *files, "--resume", metrics=("mig", "irs")) == 0
    assert results(tmp_path / "out" / "one" / "mig")["discrete_mig"] != first["discrete_mig"]
    assert report([str(tmp_path / "out"), "--output", str(tmp_path / "report.html")]) == 0
    assert "discrete_mig" in (tmp_path / "report.html").read_text()


def test_the_record_names_the_data_for_every_metric(codes: np.ndarray, factors: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "codes.npy", codes)
    assert run(tmp_path / "out", "--codes", tmp_path / "codes.npy", "--factors", factors, metrics=("mig", "irs")) == 0
    for metric in ("mig", "irs"):
        recorded = (tmp_path / "out" / metric / "results" / "gin" / "evaluation.gin").read_text()
        assert f"points.factors = '{factors}'" in recorded
        assert "points.factor_bins = 20" in recorded


@pytest.mark.parametrize("order", ["right", "shuffled", "reversed"])
def test_rows_that_carry_factors_have_to_be_in_the_order_of_the_data_set(
        order: str, codes: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, bindings, _ = encode(tmp_path)
    rows = {"right": np.arange(60), "reversed": np.arange(60)[::-1],
            "shuffled": np.random.RandomState(0).permutation(60)}
    factors = grid()[::-1] / [1, 2, 0.5]  # the order in which the images are stored
    np.savez(tmp_path / "both.npz", codes=codes[rows[order]], factors=factors[rows[order]])
    status = run(tmp_path / "out", "--codes", tmp_path / "both.npz", "--data_set", "custom",
                 metrics=("mig", "irs", "factor_vae_metric"), bindings=tuple(bindings))
    assert status == (0 if order == "right" else 2)
    if order != "right":
        assert not list((tmp_path / "out").rglob("results"))
        assert re.search(r"row \d+ has factor_\d .* but image \d+ of custom has", capsys.readouterr().err)


MISTAKES = {
    "nothing says whose": (lambda codes: codes, [], "Nothing says which points .* holds the codes of. Give --factors"),
    "rows": (lambda codes: codes[:50], ["--factors"], "has 50 rows of codes; points has 60 points"),
    "NaN": (lambda codes: np.where(codes == codes[3, 2], np.nan, codes), ["--factors"],
            "code 'z2' is nan in row 3"),
    "one row": (lambda codes: codes[:, 0, np.newaxis, np.newaxis], ["--factors"], r"has shape \(60, 1, 1\)"),
    "a grid": (lambda codes: codes, ["--data_set", "dsprites_full"],
               "60 rows of codes; dsprites_full has 737,280 images.*unbraid-data images dsprites_full"),
    "drawn images": (lambda codes: codes, ["--data_set", "noisy_dsprites"], "are not a finite list"),
    "no such data": (lambda codes: codes, ["--data_set", "dsprites_ful"], "Did you mean dsprites_full"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_one_sentence(mistake: str, codes: np.ndarray, factors: Path, tmp_path: Path,
                                   capsys: pytest.CaptureFixture[str]) -> None:
    change, arguments, message = MISTAKES[mistake]
    np.save(tmp_path / "codes.npy", change(codes))
    arguments = [*arguments, str(factors)] if arguments == ["--factors"] else arguments
    assert run(tmp_path / "out", "--codes", tmp_path / "codes.npy", *arguments) == 2
    error = capsys.readouterr().err
    assert error.strip().count("\n") == 0
    assert re.search(message, error)
    assert not (tmp_path / "out").exists()


def test_what_codes_cannot_give_is_named(codes: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "both.npz", codes=codes, factors=grid())
    assert run(tmp_path / "out", "--codes", tmp_path / "both.npz", metrics=("mig", "mig_qzx", "udr", "distances")) == 1
    error = capsys.readouterr().err
    assert "holds codes but no posterior" in error
    assert "no KL divergences" in error
    assert "has factors but no images" in error


def counting(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list of the number of images that tables encode from now on."""
    counts: list[int] = []
    encode = CodeTable._encode

    def counted(table: CodeTable, observations: Any) -> np.ndarray:
        counts.append(len(observations))
        return encode(table, observations)

    monkeypatch.setattr(CodeTable, "_encode", counted)
    return counts


def test_kept_codes_serve_later_metrics_and_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, bindings, _ = encode(tmp_path)
    kept = ("--model_dir", model, "--save_codes", tmp_path / "kept" / "codes.npz")
    assert run(tmp_path / "new", "--model_dir", model, metrics=METRICS, bindings=tuple(bindings)) == 0
    assert run(tmp_path / "first", *kept, bindings=tuple(bindings)) == 0
    counts = counting(monkeypatch)
    assert run(tmp_path / "out", *kept, "--repeats", "2", metrics=METRICS, bindings=tuple(bindings)) == 0
    assert counts == []
    for metric in METRICS:
        assert scores(tmp_path / "out" / metric) == scores(tmp_path / "new" / metric)


@pytest.mark.parametrize("change", ["model", "data", "hint", "damage", "other file"])
def test_kept_codes_of_another_model_or_data_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                          change: str) -> None:
    model, bindings, _ = encode(tmp_path)
    kept = tmp_path / "codes.npz"
    assert run(tmp_path / "first", "--model_dir", model, "--save_codes", kept, bindings=tuple(bindings)) == 0
    options: tuple[str, ...] = ()
    if change == "model":
        network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 4)).eval()
        torch.jit.save(torch.jit.trace(network, torch.zeros(2, 1, 8, 8)), str(model))
    elif change == "data":
        content = dict(np.load(tmp_path / "own.npz"))
        np.savez(tmp_path / "own.npz", **{**content, "images": content["images"] / 2})
    elif change == "hint":
        options = ("--value_range", "-1", "1")
    elif change == "damage":
        kept.write_bytes(kept.read_bytes()[:-40])
    else:
        np.savez(kept, codes=np.ones((len(grid()), 4), np.float32), data_set=np.array(["custom"]))
    assert run(tmp_path / "new", "--model_dir", model, *options, bindings=tuple(bindings)) == 0
    counts = counting(monkeypatch)
    assert run(tmp_path / "out", "--model_dir", model, "--save_codes", kept, *options, bindings=tuple(bindings)) == 0
    assert sum(counts) == len(grid())
    assert scores(tmp_path / "out") == scores(tmp_path / "new")


class Noisy(torch.nn.Module):
    """Adds random numbers to a few pixels."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        codes = images.flatten(1)[:, :4]
        return codes + torch.randn_like(codes)


@pytest.mark.parametrize(("what", "message"), [
    ("model", "this model answers differently each time. Leave out --save_codes"),
    ("images", "the images of noisy_dsprites are not a finite list"),
    ("grid", "of which custom has 60; the most is 59. Leave out --save_codes")])
def test_codes_that_cannot_be_kept_are_refused_before_scoring(what: str, message: str, tmp_path: Path,
                                                              monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    model, bindings, _ = encode(tmp_path)
    if what == "model":
        torch.jit.script(Noisy()).save(str(model))
    elif what == "images":
        torch.jit.script(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 64 * 64, 4))).save(str(model))
        bindings = ["dataset.name = 'noisy_dsprites'"]
    else:
        monkeypatch.setattr(saved_codes, "LARGEST_GRID", 59)
    monkeypatch.setattr(Evaluator, "score", lambda *_, **__: pytest.fail("scored"))
    assert run(tmp_path / "out", "--model_dir", model, "--save_codes", bindings=tuple(bindings)) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_one_file_cannot_hold_the_codes_of_several_models(tmp_path: Path, capsys) -> None:
    model, bindings, _ = encode(tmp_path)
    assert run(tmp_path / "out", "--model_dir", model, model, "--save_codes", tmp_path / "c.npz",
               bindings=tuple(bindings)) == 2
    assert "names one file for 2 models" in capsys.readouterr().err


def test_one_file_cannot_hold_the_codes_of_several_data_sets(tmp_path: Path, traced, capsys) -> None:
    model = traced(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64 * 64, 3)), (1, 64, 64))
    configs = []
    for metric, data_set in (("mig", "dsprites_noshape"), ("sap_score", "dsprites_full")):
        configs.append(tmp_path / f"{metric}.gin")
        configs[-1].write_text(f"include 'evaluation/{metric}.gin'\ndataset.name = '{data_set}'\n")
    assert main(["--model_dir", str(model), "--output_dir", str(tmp_path / "out"), "--gin_config", *map(str, configs),
                 "--save_codes"]) == 2
    assert "the metrics are scored on dsprites_full and dsprites_noshape. Score each by" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_many_models_hold_one_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they are scored one after another, each frees its codes before the next one encodes."""
    model, bindings, _ = encode(tmp_path)
    models = [tmp_path / f"model_{number}.pt" for number in range(4)]
    for path in models:
        path.write_bytes(model.read_bytes())
    tables: list[CodeTable] = []
    held: list[int] = []
    start, fill = CodeTable.__init__, _GridCodes.fill

    def noted(table: CodeTable, *arguments: Any, **options: Any) -> None:
        start(table, *arguments, **options)
        tables.append(table)

    def counted(grid_codes: _GridCodes, *arguments: Any) -> None:
        fill(grid_codes, *arguments)
        held.append(sum(len(table._grids) for table in tables))

    monkeypatch.setattr(CodeTable, "__init__", noted)
    monkeypatch.setattr(_GridCodes, "fill", counted)
    assert run(tmp_path / "out", "--model_dir", *models, metrics=("mig", "sap_score", "udr"),
               bindings=(*bindings, "udr_sklearn.num_data_points = 20", "udr_sklearn.batch_size = 10")) == 0
    assert len(tables) >= 4
    assert set(held) == {1}
