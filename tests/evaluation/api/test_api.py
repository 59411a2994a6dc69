"""`unbraid.score`, `unbraid.evaluate` and `unbraid.export`: arrays and models in, the command line's numbers out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import unbraid
from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import UnknownNameError, UserError
from unbraid.evaluation.api.scoring import DEFAULT_METRICS
from unbraid.evaluation.protocol.evaluate import compute_scores, load_metrics
from unbraid.evaluation.sampling.points import sample_codes
from unbraid.ground_truth.registry import data_sets
from unbraid.ground_truth.sets.dummy_data import DummyData
from unbraid.metrics.catalogue import declarations
from unbraid.metrics.declaration import FROM_POINTS

FACTORS = np.stack(np.unravel_index(np.arange(180) % 60, (3, 4, 5)), axis=1)
NOISE = np.random.RandomState(0)
CODES = (FACTORS @ NOISE.randn(3, 4) + 0.3 * NOISE.randn(180, 4)).astype(np.float32)
SETTINGS = {"dci": "num_train = 150\ndci.num_test = 90", "mig": "num_train = 150",
            "infomec": "num_train = 150\ninfomec.discrete_latents = False",
            "sap_score": "num_train = 150\nsap_score.num_test = 90\nsap_score.continuous_factors = False"}
BINS = "discretizer.discretizer_fn = @histogram_discretizer\ndiscretizer.num_bins = 20\n"


def pixels(images: Any) -> np.ndarray:
    """Codes (n, 4) of images: a few pixels."""
    return np.asarray(images, dtype=np.float32).reshape(len(images), -1)[:, :4]


@pytest.mark.parametrize("seed", ["now", -1, 0.5, 2**32, None, np.random.default_rng(0)])
def test_seeds_that_are_none_are_refused_by_name(seed: Any) -> None:
    with pytest.raises(UserError, match=r"^seed is .*; expected an integer from 0 to 2\*\*32 - 1\.$"):
        unbraid.score(CODES, FACTORS, metrics=["mig"], seed=seed)
    if seed is not None:  # the configs' own
        with pytest.raises(UserError, match=r"^seed is "):
            unbraid.evaluate(pixels, data="dummy_data", metrics=["mig"], seed=seed)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_same_points_and_seed_give_the_protocols_numbers(name: str) -> None:
    load_metrics()
    data, stream = DummyData(), np.random.RandomState(5)
    train = sample_codes(data, pixels, 150, stream, 16)
    test = sample_codes(data, pixels, 90, stream, 16)
    with configured((), [f"evaluation.evaluation_fn = @{name}\nevaluation.random_seed = 5\n{name}.{SETTINGS[name]}\n"
                         + BINS]):
        expected = compute_scores(data, pixels, artifact_dir=None)
    assert dict(unbraid.score(*train, metrics=[name], seed=5, test=test)[name]) == expected


def test_every_metric_of_points_can_be_scored() -> None:
    names = [name for name, metric in declarations().items() if metric.needs in FROM_POINTS]
    options = {name: {} for name in names} | {
        "dci_es": {"max_depths": [1, 3], "num_trees": 3}, "z_diff": {"batch_size": 10, "num_train": 60, "num_eval": 20},
        "z_min_variance": {"batch_size": 10}, "z_max_variance": {"batch_size": 3}}
    table = unbraid.score(CODES, FACTORS, metrics=options)
    assert list(table) == names
    assert set(DEFAULT_METRICS) < set(names)


def test_the_table_prints_and_turns_into_frames_and_figures() -> None:
    frame = pd.DataFrame(FACTORS, columns=["shape", "hue", "size"])
    table = unbraid.score(CODES, frame, metrics=["mig", "unsupervised", "sap"])
    lines = repr(table).splitlines()
    assert lines[0].split() == ["metric", "key", "score", "better"]
    assert [line.split()[0] for line in lines[2:]] == ["mig", "unsupervised", "sap"]
    assert table._repr_html_().count("<tr>") == 4
    assert table.to_frame().set_index(["metric", "key"]).loc[("mig", "discrete_mig"), "better"] == "high"
    assert table.matrices["sap"]["sap"].shape == (4, 3)
    axes = table.plot("mig").axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["shape", "hue", "size"]
    with pytest.raises(KeyError, match="'dci' has no matrices; there are those of mig, unsupervised, sap"):
        table.plot("dci")


def test_a_share_of_the_points_is_held_out() -> None:
    from unbraid.metrics import dci, split

    train, test = split(CODES, FACTORS, random_state=3)
    found = unbraid.score(CODES, FACTORS, metrics=["dci"], seed=3)["dci"]
    assert dict(found) == dict(dci(train, test, random_state=3))
    assert found["informativeness_test"] < found["informativeness_train"]


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: unbraid.score(CODES, FACTORS, metrics=["factor_vae"]), UserError, "'factor_vae' needs groups, which"),
    (lambda: unbraid.score(CODES, FACTORS, metrics=["mgi"]), UnknownNameError, "Did you mean mig"),
    (lambda: unbraid.score(CODES, FACTORS, {"mig": {"bins": 3}}), UserError, "mig has no argument 'bins'; expected"),
    (lambda: unbraid.score(CODES[:9], FACTORS), UserError, r"codes have shape \(9, 4\) and factors \(180, 3\)"),
    (lambda: unbraid.score(CODES, FACTORS, test=CODES), UserError, r"test is an array of shape \(180, 4\)"),
    (lambda: unbraid.score(CODES, NOISE.randn(180, 2), ["mig"]), UserError, "mig: factors, column 0 is continuous"),
    (lambda: unbraid.score(CODES, pd.DataFrame({"hue": [None, *"ab"] * 60})), UserError,
     "factors, column 'hue' lacks the value of 60 of 180 points"),
    (lambda: unbraid.score(CODES, FACTORS, metrics=[]), UserError, "metrics is empty; expected names"),
    (lambda: unbraid.score(CODES, FACTORS, metrics=None), UserError, "metrics holds None; expected names"),
    (lambda: unbraid.score(CODES, FACTORS, [unbraid.metrics.mig]), UserError, "metrics holds <function mig"),
    (lambda: unbraid.score(CODES, FACTORS, {"mig": None}), UserError, "metrics has None for mig; expected"),
    (lambda: unbraid.score(CODES, FACTORS, {"mig": {"num_bins": "x"}}), UserError, "mig: num_bins is 'x'; exp"),
    (lambda: unbraid.score(CODES, FACTORS, ["mig"], n_jobs="2"), UserError, "n_jobs is '2'; expected 1 or more"),
    (lambda: unbraid.score(CODES, FACTORS, ["sap_score"], test_size="x"), UserError, "test_size is 'x'; exp"),
    (lambda: unbraid.evaluate(pixels, "dummy_data", metrics=[3]), UserError, "metrics holds 3; expected names"),
    (lambda: unbraid.evaluate(pixels, "dummy_data", metrics="mig", n_jobs=0), UserError, "n_jobs is 0; expected 1 or"),
    (lambda: unbraid.evaluate(pixels, metrics=["mig"]), UserError, "Nothing says which data set .* Add data='NAME'"),
    (lambda: unbraid.evaluate(3, data="dummy_data"), UserError, "encoder is a int; expected a torch module"),
    (lambda: unbraid.evaluate(pixels, data="dumy_data", metrics=["mig"]), UserError, "Did you mean dummy_data"),
    (lambda: unbraid.export(torch.nn.Flatten(), "x"), UserError, "give images=, an array"),
])
def test_what_cannot_be_used_is_said_in_a_sentence(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_function_a_module_and_an_artifact_give_the_same_scores(tmp_path: Path) -> None:
    class Pixels(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.permute(0, 2, 3, 1).flatten(1)[:, :4]

    shared = {"data": "dummy_data", "metrics": ["mig"], "bindings": ["mig.num_train = 200"], "seed": 3}
    of_function, of_module = (unbraid.evaluate(encoder, **shared)["mig"] for encoder in (pixels, Pixels()))
    record = unbraid.export(Pixels(), tmp_path / "run", data="dummy_data", formats=["torchscript"])
    of_file = unbraid.evaluate(tmp_path / "run", metrics=["mig"], bindings=["mig.num_train = 200"], seed=3,
                               output_dir=tmp_path / "results")["mig"]
    assert record.data_set == "dummy_data"
    assert of_function["discrete_mig"] == of_module["discrete_mig"] == of_file["discrete_mig"]
    assert (tmp_path / "results" / "results" / "json" / "evaluation_results.json").is_file()
    assert of_file.matrices["mutual_information"].shape[0] == 4


class Squares:
    """Somebody's data set: the members of disentanglement_lib's contract, and no base class."""

    num_factors, factors_num_values, observation_shape = 3, [2, 3, 4], [4, 4, 1]

    def sample_factors(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return np.stack([random_state.randint(size, size=num) for size in self.factors_num_values], axis=1)

    def sample_observations_from_factors(self, factors: np.ndarray, random_state: np.random.RandomState) -> np.ndarray:
        images = np.zeros((len(factors), 4, 4, 1), dtype=np.float32)
        images[:, 0, :3, 0] = factors / 4
        return images

    def sample(self, num: int, random_state: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
        factors = self.sample_factors(num, random_state)
        return factors, self.sample_observations_from_factors(factors, random_state)

    def sample_observations(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return self.sample(num, random_state)[1]


def test_data_may_be_an_object_of_any_class_or_a_path(tmp_path: Path) -> None:
    values = np.stack(np.unravel_index(np.arange(24), (2, 3, 4)), axis=1)
    np.savez(tmp_path / "squares.npz", images=Squares().sample_observations_from_factors(values, NOISE), factors=values)
    shared = {"metrics": ["mig", "factor_vae_metric", "dci"], "seed": 2, "bindings": [
        "mig.num_train = 80", "factor_vae_score.num_train = 40", "factor_vae_score.num_eval = 20",
        "factor_vae_score.num_variance_estimate = 50", "dci.num_train = 60", "dci.num_test = 30"]}
    of_object = unbraid.evaluate(pixels, data=Squares(), **shared)
    of_path = unbraid.evaluate(pixels, data=tmp_path / "squares.npz", **shared)
    assert list(of_object) == list(of_path) == shared["metrics"]
    for name in shared["metrics"]:
        for key, value in of_object[name].items():
            if isinstance(value, float) and key != "elapsed_time":
                assert of_path[name][key] == value, (name, key)


def test_an_export_records_own_data_by_their_path(tmp_path: Path) -> None:
    values = np.stack(np.unravel_index(np.arange(24), (2, 3, 4)), axis=1)
    np.savez(tmp_path / "squares.npz", images=Squares().sample_observations_from_factors(values, NOISE), factors=values)
    record = unbraid.export(torch.nn.Flatten(), tmp_path / "run", data=tmp_path / "squares.npz",
                            formats=["torchscript"])
    assert record.data_set == "custom"
    settings = {"metrics": ["mig"], "bindings": ["mig.num_train = 50"]}
    found = unbraid.evaluate(tmp_path / "run", **settings)["mig"]
    assert found["discrete_mig"] == unbraid.evaluate(torch.nn.Flatten(), data=Squares(), **settings)["mig"][
        "discrete_mig"]
    of_object = unbraid.export(torch.nn.Flatten(), tmp_path / "other", data=Squares(), formats=["torchscript"])
    assert of_object.data_set is None


class Bytes(Squares):
    def sample_observations_from_factors(self, factors: np.ndarray, random_state: np.random.RandomState) -> np.ndarray:
        return (255 * super().sample_observations_from_factors(factors, random_state)).astype(np.uint8)


@pytest.mark.parametrize(("data", "message"), [
    (CODES, "data is a ndarray without num_factors, .*sample_observations; expected the name of a data set, a path"),
    (Path("nowhere.npz"), r"data is the path nowhere.npz, which does not exist"),
    (Bytes(), r"data is a Bytes whose images are uint8 from 0 to \d+; expected floating-point images in \[0, 1\]"),
])
def test_data_of_another_kind_are_refused_in_a_sentence(data: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        unbraid.evaluate(pixels, data=data, metrics=["mig"])
    with pytest.raises(UserError, match=message):
        unbraid.export(torch.nn.Flatten(), tmp_path / "run", data=data)
    assert not (tmp_path / "run").exists()


def test_a_metric_without_a_score_is_named_with_its_reason() -> None:
    found = unbraid.evaluate(pixels, data="dummy_data", metrics=["mig_qzx", "mig"],
                             bindings=["mig_qzx.num_images = 50", "mig.num_train = 50"])
    assert list(found) == ["mig"]
    assert "posterior" in found.unscored["mig_qzx"]
    assert repr(found).splitlines()[-1].startswith("mig_qzx: ")


def test_a_module_that_gives_a_posterior_is_scored_with_it() -> None:
    class Posterior(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            means = images.flatten(1)[:, :4]
            return means, torch.full_like(means, -6.0)

    found = unbraid.evaluate(Posterior(), data="dummy_data", metrics=["mig_qzx"], bindings=["mig_qzx.num_images = 50"])
    assert 0 <= found["mig_qzx"]["MIG"] <= 1


class WholeVAE(torch.nn.Module):
    """Its forward gives pictures first, as that of most VAEs."""

    def __init__(self, returns: str):
        super().__init__()
        torch.manual_seed(0)
        self.layers, self.returns = torch.nn.Linear(64 * 64, 6), returns
        if returns != "forward":
            self.encode = self._encode

    def _encode(self, images: torch.Tensor) -> Any:
        mean, log_variance = self.layers(images.flatten(1)).chunk(2, 1)
        normal = torch.distributions.Normal(mean, torch.exp(log_variance / 2))
        return {"mean": mean, "tuple": (mean, log_variance), "distribution": normal,
                "fields": {"logvar": log_variance, "mu": mean}}.get(self.returns, (images, mean, log_variance))

    def forward(self, images: torch.Tensor) -> Any:
        found = self._encode(images)
        return found if self.returns == "forward" else images


@pytest.mark.parametrize("returns", ["mean", "tuple", "distribution", "fields", "forward"])
def test_live_models_are_understood_as_exports_understand_them(returns: str) -> None:
    model = WholeVAE(returns)
    settings = {"data": "dsprites_full", "metrics": ["mig"], "bindings": ["mig.num_train = 100"]}
    data = data_sets()["dsprites_full"]()
    factors, images = data.sample(100, np.random.RandomState(0))

    def means(images: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return WholeVAE("mean")._encode(torch.from_numpy(np.array(images).transpose(0, 3, 1, 2))).numpy()

    expected = unbraid.evaluate(means, **settings)["mig"]["discrete_mig"]
    assert unbraid.evaluate(model, **settings)["mig"]["discrete_mig"] == pytest.approx(expected)
    scorer = unbraid.Scorer((np.asarray(images), factors), metrics=["mig"])
    assert scorer(model)["mig"]["discrete_mig"] == pytest.approx(scorer(means)["mig"]["discrete_mig"])
    if returns != "forward":
        assert unbraid.evaluate(model.encode, **settings)["mig"]["discrete_mig"] == pytest.approx(expected)


@pytest.mark.parametrize(("encoder", "message"), [
    (lambda images: images, r"gives an array of shape \(16, 64, 64, 1\) for 16 images; expected codes \(16"),
    (lambda images: pixels(images)[1:], r"gives an array of shape \(15, 4\) for 16 images"),
    (lambda images: {"z": pixels(images)}, "the encoder's output is a dict of shape"),
    (lambda images: None, "the encoder's output is a NoneType of shape"),
    (lambda images: np.full((len(images), 2), np.nan), "gives nan for latent 0 of image 0")])
def test_codes_of_another_kind_are_refused_in_one_line(encoder: Any, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        unbraid.evaluate(encoder, data="dummy_data", metrics=["mig"], bindings="mig.num_train = 50")
    assert "\n" not in str(raised.value)


def test_an_encoder_may_give_a_list_of_rows_or_a_posterior() -> None:
    encoders = [pixels, lambda images: pixels(images).tolist(), lambda images: (pixels(images), pixels(images)),
                lambda images: [torch.tensor(pixels(images)).requires_grad_(), None]]
    found = [unbraid.evaluate(encoder, data="dummy_data", metrics=["mig"], bindings=["mig.num_train = 50"])
             for encoder in encoders]
    assert len({str(table.headlines) for table in found}) == 1


def test_images_that_a_module_does_not_take_are_one_sentence() -> None:
    encoder = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 4, 4), torch.nn.Flatten())
    with pytest.raises(UserError, match=r"fails on images \(N, C, H, W\) = \(16, 1, 64, 64\): .*to have 3 channels"):
        unbraid.evaluate(encoder, data="dsprites_full", metrics=["mig"])


@pytest.mark.parametrize("first", ["import unbraid.export", "from unbraid.export import export_representation",
                                   "import unbraid; unbraid.export", "import unbraid.evaluation.api.scoring"])
def test_export_is_a_package_and_can_be_called_whatever_was_imported_first(first: str) -> None:
    code = (f"{first}\nimport unbraid, types\nfrom unbraid.export import export_representation\n"
            "assert callable(unbraid.export) and isinstance(unbraid.export, types.ModuleType)\n"
            "assert unbraid.export.export_representation is export_representation\n"
            "assert unbraid.metrics.mig.__name__ == 'mig' and callable(unbraid.score) and callable(unbraid.evaluate)")
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_imports_no_library() -> None:
    code = ("import sys; before = set(sys.modules); import unbraid; found = set(sys.modules) - before\n"
            "print(*sorted(name for name in found if name.split('.')[0] not in sys.stdlib_module_names))\n"
            "print(len(found))")
    names, number = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True
                                   ).stdout.splitlines()
    assert names == "unbraid"
    assert int(number) < 30  # modules of Python's own, of a fraction of a millisecond each


def test_unknown_names_have_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'unbraid' has no attribute 'scores'"):
        unbraid.scores  # noqa: B018
    assert {"score", "evaluate", "export", "metrics"} <= set(dir(unbraid))


def test_results_show_themselves_in_notebooks(capsys: pytest.CaptureFixture[str]) -> None:
    bindings = ["mig.num_train = 100"]
    table = unbraid.evaluate(lambda images: images.reshape(len(images), -1)[:, :2], data="dummy_data", metrics=["mig"],
                             bindings=bindings, progress=True)
    assert "1/1" in capsys.readouterr().err
    assert table["mig"]._repr_html_().count("<tr>") == 1 + len(table["mig"]) + len(table["mig"].matrices)
    assert table.plot("mig")._repr_png_().startswith(b"\x89PNG")
