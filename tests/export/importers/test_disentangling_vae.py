"""disentangling-vae: codes and pictures as its forward pass, written out here with torch's functions, gives them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.nn.functional import conv2d, conv_transpose2d, linear, relu

from unbraid.export.errors import ArtifactError
from unbraid.export.importers.import_checkpoint import import_checkpoint

Tensors = dict[str, torch.Tensor]


def layer(state: Tensors, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    return state[f"{name}.weight"], state[f"{name}.bias"]


def encode(state: Tensors, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    for name in ("conv1", "conv2", "conv3", "conv_64"):
        if f"encoder.{name}.weight" in state:
            images = relu(conv2d(images, *layer(state, f"encoder.{name}"), stride=2, padding=1))
    hidden = images.flatten(1)
    for name in ("lin1", "lin2"):
        hidden = relu(linear(hidden, *layer(state, f"encoder.{name}")))
    head = linear(hidden, *layer(state, "encoder.mu_logvar_gen"))
    return head[:, 0::2], head[:, 1::2]


def decode(state: Tensors, codes: torch.Tensor) -> torch.Tensor:
    for name in ("lin1", "lin2", "lin3"):
        codes = relu(linear(codes, *layer(state, f"decoder.{name}")))
    images = codes.reshape(-1, 32, 4, 4)
    for name in ("convT_64", "convT1", "convT2"):
        if f"decoder.{name}.weight" in state:
            images = relu(conv_transpose2d(images, *layer(state, f"decoder.{name}"), stride=2, padding=1))
    return torch.sigmoid(conv_transpose2d(images, *layer(state, "decoder.convT3"), stride=2, padding=1))


@pytest.mark.parametrize(("channels", "side"), [(1, 64), (3, 64), (1, 32)])
def test_codes_and_pictures_are_theirs(disvae: Callable, imported: Callable, channels: int, side: int) -> None:
    state = disvae(channels, side)
    model = imported(state, "disentangling_vae")
    images = torch.rand(5, channels, side, side)
    with torch.no_grad():
        for ours, theirs in zip(model.encoder(images), encode(state, images), strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
        codes = torch.randn(5, 3)
        torch.testing.assert_close(model.decoder(codes), decode(state, codes), atol=1e-5, rtol=0)
    assert (model.image_shape, model.num_latent) == ((channels, side, side), 3)


@pytest.mark.parametrize(("specs", "message"), [
    ({"img_size": [3, 64, 64], "latent_dim": 3}, r"says .*3, 64, 64.* but the weights beside it are of .*1, 64, 64"),
    ({"img_size": [1, 64, 64], "latent_dim": 9}, "'latent_dim': 9.*'latent_dim': 3"),
    ({"latent_dim": 3}, r"is no specs\.json of disentangling-vae \('img_size'\)"),
    ([1], "is no specs.json"),
])
def test_specs_that_do_not_fit_are_named(tmp_path: Path, disvae: Callable, specs: object, message: str) -> None:
    torch.save(disvae(), tmp_path / "model.pt")
    (tmp_path / "specs.json").write_text(json.dumps(specs))
    with pytest.raises(ArtifactError, match=message):
        import_checkpoint(tmp_path)


@pytest.mark.parametrize(("loss", "method"), [("btcvae", "beta_tc_vae"), ("VAE", "vae"), ("new", None), (None, None)])
def test_the_method_is_that_of_the_specs(tmp_path: Path, disvae: Callable, loss: object, method: str | None) -> None:
    torch.save(disvae(), tmp_path / "model.pt")
    (tmp_path / "specs.json").write_text(json.dumps({"img_size": [1, 64, 64], "latent_dim": 3, "loss": loss}))
    assert import_checkpoint(tmp_path)[0].method == method
