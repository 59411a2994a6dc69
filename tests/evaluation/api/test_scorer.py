"""`unbraid.Scorer`: the scores of an encoder in somebody's training, which takes no notice of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import unbraid
from unbraid.common.errors import UnknownNameError, UserError
from unbraid.evaluation.api.protocol_scores import _sizes
from unbraid.evaluation.protocol.evaluate import metric_configs
from unbraid.evaluation.protocol.resolved import resolve
from unbraid.evaluation.settings.adapters import declared
from unbraid.ground_truth.bases.custom_data_sets import CustomTable
from unbraid.ground_truth.files.custom.custom_images import CustomImages
from unbraid.ground_truth.sets.dummy_data import DummyData
from unbraid.metrics.declaration import FROM_POINTS

FACTORS = np.stack(np.unravel_index(np.arange(240) % 60, (3, 4, 5)), axis=1)
IMAGES = np.random.RandomState(0).rand(240, 8, 8, 3).astype(np.float32)
IMAGES[:, 0, 0] += FACTORS / 5
IMAGES = np.clip(IMAGES, 0, 1)
METRICS = ["mig", "modularity_explicitness"]
SMALL = ["mig.num_train = 200", "modularity_explicitness.num_train = 200", "modularity_explicitness.num_test = 100"]


class Encoder(nn.Module):
    """Layers that compute otherwise, and remember, while training."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 4, 4, stride=4), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Flatten(),
                                    nn.LazyLinear(6))
        self.frozen = nn.BatchNorm1d(6).eval()

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean = self.frozen(self.layers(images))
        return mean, torch.zeros_like(mean)

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        return self(images)[0]


def an_encoder(side: int = 8) -> Encoder:
    torch.manual_seed(0)
    encoder = Encoder()
    encoder(torch.zeros(2, 3, side, side))
    return encoder


def codes(encoder: Encoder, images: np.ndarray) -> np.ndarray:
    modes = [(part, part.training) for part in encoder.modules()]
    with torch.no_grad():
        found = encoder.eval()(torch.from_numpy(images.transpose(0, 3, 1, 2).copy()))[0].numpy()
    for part, mode in modes:
        part.training = mode
    return found


def numbers(table: Any) -> dict[str, dict[str, float]]:
    return {name: {key: value for key, value in result.items() if isinstance(value, float) and key != "elapsed_time"}
            for name, result in table.items()}


@pytest.mark.parametrize("name", ["dummy_data", "dsprites_full"])
@pytest.mark.parametrize("how", ["module", "method", "function"])
def test_a_data_set_gives_the_numbers_of_evaluate(name: str, how: str) -> None:
    class Pixels(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.permute(0, 2, 3, 1).flatten(1)[:, 1000:1600:150] + images.mean((1, 2, 3))[:, None]

        def encode(self, images: torch.Tensor) -> torch.Tensor:
            return self(images)

    encoder: Any = Pixels()
    ways = {"module": encoder, "method": encoder.encode,
            "function": lambda images: images.reshape(len(images), -1)[:, ::999]}
    expected = unbraid.evaluate(ways[how], data=name, metrics=METRICS, seed=3, bindings=SMALL)
    scorer = unbraid.Scorer(data=name, metrics=METRICS, seed=3, num_points=200)
    for _ in range(2):
        found = scorer(ways[how])
        assert numbers(found) == numbers(expected)
    np.testing.assert_array_equal(found.matrices["mig"]["mutual_information"],
                                  expected.matrices["mig"]["mutual_information"])


def test_a_metric_that_intervenes_has_the_numbers_of_evaluate() -> None:
    bindings = [f"factor_vae_score.{name} = {number}" for name, number in
                (("num_variance_estimate", 100), ("num_train", 60), ("num_eval", 30))]
    arguments: Any = {"data": "dummy_data", "metrics": ["factor_vae_metric"], "bindings": bindings}

    def encode(images: np.ndarray) -> np.ndarray:
        return images.reshape(len(images), -1)[:, :3]

    assert numbers(unbraid.Scorer(**arguments)(encode)) == numbers(unbraid.evaluate(encode, **arguments))


def test_every_metric_of_points_draws_as_many_as_asked() -> None:
    shipped = [path.stem for path in (Path(unbraid.__file__).parent / "gin_configs" / "evaluation").glob("*.gin")]
    without = []
    for files in metric_configs([name for name in shipped if not name.endswith("_base")], []).values():
        metric = resolve(files)
        declaration = declared(metric.function)
        if declaration and declaration.needs in FROM_POINTS:
            sizes = _sizes(metric, 30)
            if not sizes:
                without.append(declaration.name)
            assert all(text.endswith((" = 30", " = 15")) for text in sizes)
    assert set(without) <= {"downstream_task", "reduced_downstream_task"}  # these train on several numbers of points


def as_tensors() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.from_numpy(IMAGES.transpose(0, 3, 1, 2).copy()), torch.from_numpy(FACTORS)


@pytest.mark.parametrize("data", [
    lambda: (IMAGES, FACTORS),
    lambda: (IMAGES, pd.DataFrame(FACTORS, columns=["a", "b", "c"])),
    as_tensors,
    lambda: TensorDataset(*as_tensors()),
    lambda: DataLoader(TensorDataset(*as_tensors()), batch_size=50),
    lambda: [tuple(part[start:start + 120] for part in as_tensors()) for start in (0, 120)],
], ids=["arrays", "frame", "tensors", "dataset", "loader", "batches"])
@pytest.mark.parametrize("how", ["module", "method"])
def test_own_points_give_the_numbers_of_score(data: Callable[[], Any], how: str) -> None:
    encoder = an_encoder()
    expected = unbraid.score(codes(encoder, IMAGES), FACTORS, METRICS, seed=2)
    found = unbraid.Scorer(data=data(), metrics=METRICS, seed=2)(encoder if how == "module" else encoder.encode)
    assert numbers(found) == numbers(expected)
    assert found.headlines["mig/discrete_mig"] == expected["mig"]["discrete_mig"]


def test_bytes_are_images_and_functions_get_channels_last() -> None:
    seen = []

    def encode(images: np.ndarray) -> np.ndarray:
        seen.append(images)
        return images.reshape(len(images), -1)[:, :3]

    stored = np.rint(255 * IMAGES).astype(np.uint8)
    unbraid.Scorer(data=(stored, FACTORS[:, 0]), metrics=["mig"])(encode)
    assert seen[0].shape == (240, 8, 8, 3)
    np.testing.assert_array_equal(seen[0], stored / np.float32(255))


@pytest.mark.parametrize("kind", ["tensors", "dataset", "loader"])
def test_points_are_chosen_once(kind: str) -> None:
    data = {"tensors": as_tensors(), "dataset": TensorDataset(*as_tensors()),
            "loader": DataLoader(TensorDataset(*as_tensors()), batch_size=32, shuffle=True)}[kind]
    seen: list[torch.Tensor] = []

    def encode(images: torch.Tensor) -> torch.Tensor:
        seen.append(images)
        return images.flatten(1)[:, :3]

    scorer = unbraid.Scorer(data=data, metrics=["mig"], num_points=100)
    assert scorer(encode).headlines == scorer(encode).headlines
    assert [len(images) for images in seen] == [100, 100]
    assert torch.equal(*seen)


def test_images_of_a_data_set_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = unbraid.Scorer(data="dsprites_full", metrics=METRICS, num_points=100)

    def encode(images: np.ndarray) -> np.ndarray:
        return images.reshape(len(images), -1)[:, 1000:3000:500] + images.mean((1, 2, 3))[:, None]

    before = scorer(encode)
    data = scorer._scores.data  # type: ignore[union-attr]
    monkeypatch.setattr(type(data), "raw", lambda *_: pytest.fail("drawn again"))
    monkeypatch.setattr(type(data), "sample_observations", lambda *_: np.zeros((16, 64, 64, 1), np.float32))
    assert scorer(encode).headlines == before.headlines


def trained(score: Callable[[Encoder], Any] | None) -> tuple[dict[str, torch.Tensor], list[float]]:
    """Weights after some steps, with dropout, and what the global streams draw next."""
    encoder = an_encoder()
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    optimizer = torch.optim.Adam(encoder.parameters(), 0.01)
    images, _ = as_tensors()
    for step in range(6):
        rows = np.random.permutation(len(images))[:32]
        optimizer.zero_grad()
        loss = (encoder(images[rows])[0] ** 2 - random.random()).abs().mean()
        loss.backward()
        if score and step % 2:
            score(encoder)
        optimizer.step()
    return encoder.state_dict(), [random.random(), np.random.rand(), torch.rand(()).item()]


@pytest.mark.parametrize("way", ["module", "method", "closure", "data set"])
def test_the_training_ends_with_the_same_bits(way: str) -> None:
    own_points, data_set = (unbraid.Scorer(data=data, metrics=["mig", "sap_score"], num_points=60)
                            for data in (as_tensors(), "dummy_data"))

    def score(encoder: Encoder) -> None:
        def noisy(images: np.ndarray) -> np.ndarray:
            random.random()
            return np.random.rand(len(images), 3) + torch.rand(3).numpy() + encoder.training

        modes = [part.training for part in encoder.modules()]
        if way == "data set":
            data_set(noisy)
        else:
            own_points({"method": encoder.encode, "closure": lambda images: encoder(images)[0]}.get(way, encoder))
        assert [part.training for part in encoder.modules()] == modes

    expected, drawn = trained(None)
    found, drawn_too = trained(score)
    assert drawn == drawn_too
    assert all(torch.equal(tensor, found[name]) for name, tensor in expected.items())


def test_making_a_scorer_draws_nothing() -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    unbraid.Scorer(data=DataLoader(TensorDataset(*as_tensors()), shuffle=True), metrics=["mig"])
    assert torch.equal(torch.rand(3), expected)


def test_an_encoder_that_fails_is_put_back() -> None:
    encoder = an_encoder()
    with pytest.raises(RuntimeError):
        unbraid.Scorer(data=(torch.zeros(240, 2), FACTORS), metrics=["mig"])(encoder)
    assert encoder.layers.training
    assert not encoder.frozen.training
    assert torch.is_grad_enabled()


def test_precision_and_autocasting_of_the_training_are_not_those_of_the_scores() -> None:
    encoder = an_encoder()
    scorer = unbraid.Scorer(data=(IMAGES, FACTORS), metrics=["mig"])
    expected = scorer(encoder).headlines
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert scorer(encoder).headlines == expected
    assert scorer(encoder.to(torch.bfloat16)).headlines.keys() == expected.keys()


def test_an_artifact_is_scored(tmp_path: Path) -> None:
    encoder = an_encoder()
    unbraid.export(encoder, tmp_path / "run", images=IMAGES[:16], formats=["torchscript"])
    for data in ((IMAGES, FACTORS), as_tensors()):
        found = unbraid.Scorer(data=data, metrics=["mig"])(tmp_path / "run")
        assert found.headlines == pytest.approx(unbraid.Scorer(data=data, metrics=["mig"])(encoder).headlines)


def test_a_metric_without_a_score_is_named_with_its_reason() -> None:
    table = unbraid.Scorer("dummy_data", ["mig_qzx", "mig"], num_points=60)(lambda images: images[:, :3, 0, 0])
    assert list(table) == ["mig"]
    assert "no posterior" in table.unscored["mig_qzx"]


def incomplete() -> CustomTable:
    return CustomTable(CustomImages(IMAGES, "mine"), FACTORS, [3, 4, 5], ["a", "b", "c"])


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: unbraid.Scorer((IMAGES, FACTORS), ["factor_vae"]), UserError, "'factor_vae' needs groups, which given"),
    (lambda: unbraid.Scorer((IMAGES, FACTORS), ["mig_qzx"]), UserError, "needs posterior, which given points"),
    (lambda: unbraid.Scorer((IMAGES, FACTORS), ["mgi"]), UnknownNameError, "Did you mean mig"),
    (lambda: unbraid.Scorer((IMAGES, FACTORS), {"mig": {"bins": 3}}), UserError, "mig has no argument 'bins'"),
    (lambda: unbraid.Scorer((IMAGES, FACTORS), ["mig"], bindings=["a.b = 1"]), UserError, "bindings are for data sets"),
    (lambda: unbraid.Scorer((IMAGES, FACTORS), []), UserError, "metrics is empty"),
    (lambda: unbraid.Scorer((IMAGES, FACTORS), ["mig"], num_points=500), UserError, "num_points is 500, but data has"),
    (lambda: unbraid.Scorer((IMAGES, FACTORS), ["mig"], num_points=0), UserError, "num_points is 0; expected"),
    (lambda: unbraid.Scorer((IMAGES, FACTORS[:9]), ["mig"]), UserError, "240 inputs and 9 rows of factors"),
    (lambda: unbraid.Scorer((IMAGES.transpose(0, 3, 1, 2), FACTORS), ["mig"]), UserError, "channels seem to come"),
    (lambda: unbraid.Scorer((IMAGES, np.full((240, 1), np.nan)), ["mig"]), UserError, "lacks the value of 240"),
    (lambda: unbraid.Scorer(3, ["mig"]), UserError, "data is a int; expected the name of a data set"),
    (lambda: unbraid.Scorer([{"x": 1}], ["mig"]), UserError, "data gives a dict; expected pairs"),
    (lambda: unbraid.Scorer([], ["mig"]), UserError, "data has no points"),
    (lambda: unbraid.Scorer("dsprites", ["mig"]), UserError, "dsprites_full"),
    (lambda: unbraid.Scorer("dummy_data", {"mig": {}}), UserError, "metrics is a mapping"),
    (lambda: unbraid.Scorer("dummy_data", ["udr"]), UserError, "'udr' compares several models"),
    (lambda: unbraid.Scorer("mnist", ["mig"]), UserError, "mnist"),
    (lambda: unbraid.Scorer(incomplete(), ["factor_vae_metric"]), UserError, "'factor_vae_metric' needs groups"),
    (lambda: unbraid.Scorer("dummy_data", ["mig"])(3), UserError, "encoder is a int"),
    (lambda: unbraid.Scorer((IMAGES, FACTORS), ["mig"])(lambda images: images), UserError, "expected codes"),
    (lambda: unbraid.Scorer((IMAGES, FACTORS), ["mig"])(lambda images: np.full((len(images), 2), np.nan)), UserError,
     "nan in row 0"),
])
def test_what_cannot_be_used_is_said_in_a_sentence(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_data_of_ones_own_are_scored_by_the_protocol() -> None:
    def encode(images: np.ndarray) -> np.ndarray:
        return images[:, 0, :3, 0] + images[:, 1, :3, 0]

    assert list(unbraid.Scorer(incomplete(), ["mig"], num_points=100)(encode)) == ["mig"]
    assert unbraid.Scorer(DummyData(), ["mig"], num_points=100)(encode).headlines == unbraid.Scorer(
        "dummy_data", ["mig"], num_points=100)(encode).headlines
