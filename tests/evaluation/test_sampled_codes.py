"""Codes that a model draws follow from the score's seed, not from the clock or from what was drawn before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import unbraid
from unbraid.evaluation.protocol.evaluate import Evaluator
from unbraid.export.formats import FORMAT_NAMES
from unbraid.export.reading.artifact import load_representation
from unbraid.export.writing.exporter import export_representation

SMALL = ("mig.num_train = 200", "modularity_explicitness.num_train = 100", "modularity_explicitness.num_test = 50")


class Drawing(torch.nn.Module):
    """A stranger's graph: three sums of pixels, and noise."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        codes = images.flatten(1)[:, ::1400]
        return codes + torch.randn_like(codes)


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory, encoder, images) -> Path:
    folder = tmp_path_factory.mktemp("sampled") / "representation"
    export_representation(encoder, folder, images, representation="sample", data_set="threeDots")
    return folder


def score(evaluator: Evaluator, folder: Path, metric: str = "mig", seed: int = 0) -> dict[str, Any]:
    found = evaluator.evaluate(folder, True, [metric], [
        *SMALL, f"evaluation.random_seed = {seed}", "dataset.name = 'dummy_data'"])
    return found["discrete_mig" if metric == "mig" else "modularity_score"]


@pytest.fixture(scope="module")
def files(sampled: Path, traced, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    """Artifacts of ours in every format, and graphs of a stranger, with the backend to open each."""
    theirs = tmp_path_factory.mktemp("theirs") / "model.onnx"
    torch.onnx.export(Drawing().eval(), (torch.zeros(2, 1, 64, 64),), str(theirs), dynamo=False,
                      dynamic_axes={"images": {0: "batch"}}, input_names=["images"])
    return {**{name: (sampled, name) for name in FORMAT_NAMES}, "their ONNX": (theirs, "auto"),
            "their TorchScript": (traced(Drawing(), (1, 64, 64)), "auto")}


@pytest.mark.parametrize("kind", [*FORMAT_NAMES, "their TorchScript", "their ONNX"])
def test_a_score_is_that_of_its_seed(kind: str, files: dict[str, tuple[Path, str]], tmp_path: Path) -> None:
    alone = score(Evaluator(load_representation(*files[kind]), None), tmp_path / "a")
    evaluator = Evaluator(load_representation(*files[kind]), None)
    torch.rand(7)
    score(evaluator, tmp_path / "b", "modularity_explicitness")
    assert score(evaluator, tmp_path / "c") == alone
    assert score(evaluator, tmp_path / "d", seed=1) != alone


def test_the_generators_are_left_as_they_were(sampled: Path, tmp_path: Path) -> None:
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1]
    score(Evaluator(load_representation(sampled, "torchscript"), None), tmp_path / "a")
    assert torch.equal(torch.get_rng_state(), torch_state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)


@pytest.mark.parametrize("encode", [Drawing(), lambda images: np.random.normal(size=(len(images), 3))],
                         ids=["module", "function"])
def test_a_live_model_too(encode) -> None:
    def scored(seed: int) -> float:
        table = unbraid.evaluate(encode, data="dummy_data", metrics=["mig"], seed=seed, bindings=SMALL).to_frame()
        return table.set_index("key").score["discrete_mig"]

    first = scored(0)
    np.random.rand()
    torch.rand(1)
    assert scored(0) == first
    assert scored(1) != first


def test_an_export_that_draws_is_verified_alike(sampled: Path, encoder, images, tmp_path: Path) -> None:
    torch.rand(3)
    export_representation(encoder, tmp_path / "again", images, representation="sample", data_set="threeDots")
    for backend in FORMAT_NAMES:
        first, again = (load_representation(path, backend).record for path in (sampled, tmp_path / "again"))
        assert first.largest_difference == again.largest_difference
