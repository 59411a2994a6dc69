"""disent: Lightning files, padding of 2, and input that was normalised."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d, linear, relu

from unbraid.common.errors import UserError
from unbraid.export import load_representation
from unbraid.export.foreign.flags import parse_statistics
from unbraid.export.importers.import_checkpoint import export_checkpoint, import_checkpoint
from unbraid.export.importers.input_statistics import STATISTICS

Tensors = dict[str, torch.Tensor]
E, D = "_model._encoder.model.", "_model._decoder.model."


def layer(state: Tensors, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    return state[f"{name}.weight"], state[f"{name}.bias"]


@pytest.fixture
def checkpoint(tmp_path: Path, state_of: Callable) -> tuple[Path, Tensors]:
    state = state_of({f"{E}0": (32, 1, 4, 4), f"{E}2": (32, 32, 4, 4), f"{E}4": (64, 32, 4, 4),
                      f"{E}6": (64, 64, 4, 4), f"{E}9": (256, 1600), f"{E}11": (8, 256), f"{D}0": (256, 4)})
    torch.save({"pytorch-lightning_version": "1.9", "state_dict": state, "hyper_parameters": {"m": torch.nn.Flatten()}},
               tmp_path / "last.ckpt")
    return tmp_path / "last.ckpt", state


def means(state: Tensors, images: torch.Tensor) -> torch.Tensor:
    for i in (0, 2, 4, 6):
        images = relu(conv2d(images, *layer(state, f"{E}{i}"), stride=2, padding=2))
    return linear(relu(linear(images.flatten(1), *layer(state, f"{E}9"))), *layer(state, f"{E}11"))[:, :4]


def test_codes_are_theirs(checkpoint: tuple[Path, Tensors]) -> None:
    path, state = checkpoint
    model, origin = import_checkpoint(path)
    assert (origin["format"], model.decoder) == ("disent", None)
    images = torch.rand(5, 1, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(model.encoder(images)[0], means(state, images), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("num_layers", "rows", "is_gaussian"), [(3, 8, True), (3, 4, False), (1, 8, True)])
def test_dense_networks(state_of: Callable, imported: Callable, num_layers: int, rows: int, is_gaussian: bool) -> None:
    sizes = [4096, 1200, 1200][:num_layers]
    outputs = [*sizes[1:], rows]
    shapes = {f"{E}{2 * i + 1}": (outputs[i], sizes[i]) for i in range(num_layers)}
    state = state_of({**shapes, f"{D}0": (1200, 4)})
    model = imported(state, "disent")
    images = torch.rand(5, 1, 64, 64)
    with torch.no_grad():
        hidden = images.flatten(1)
        for i in range(num_layers):
            hidden = linear(relu(hidden) if i else hidden, *layer(state, f"{E}{2 * i + 1}"))
        ours = model.encoder(images)
        torch.testing.assert_close(ours[0] if is_gaussian else ours, hidden[:, :4], atol=1e-4, rtol=1e-5)


def test_the_input_is_normalised_as_said(tmp_path: Path, checkpoint: tuple[Path, Tensors], images: np.ndarray) -> None:
    path, state = checkpoint
    record = export_checkpoint(path, tmp_path / "out", input_statistics=((0.5,), (0.25,)), formats=["onnx"])
    assert record.source is not None
    assert record.source["input"] == "(x - [0.5]) / [0.25]"
    with torch.no_grad():
        expected = means(state, (torch.from_numpy(images.transpose(0, 3, 1, 2)) - 0.5) / 0.25)
    np.testing.assert_allclose(load_representation(tmp_path / "out")(images), expected, atol=1e-4)


def test_the_statistics_must_be_known(tmp_path: Path, checkpoint: tuple[Path, Tensors]) -> None:
    with pytest.raises(UserError, match=r"trains on \(x - mean\) / std.*--data_set \(dsprites.*--input_statistics"):
        export_checkpoint(checkpoint[0], tmp_path / "out", data_set="threeDots")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("mean", "std"), [("a", "1"), ("0", "0"), ("1,2", "1"), ("", "1")])
def test_statistics_that_are_none_are_named(mean: str, std: str) -> None:
    with pytest.raises(UserError, match="expected the mean and the standard deviation"):
        parse_statistics(mean, std)


def test_the_table_has_one_number_for_each_channel() -> None:
    assert all(len(mean) == len(std) in (1, 3) for mean, std in STATISTICS.values())
