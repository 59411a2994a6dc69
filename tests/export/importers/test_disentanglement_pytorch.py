"""disentanglement-pytorch: `last` with networks by name, six padded or five unpadded convolutions, dense encoders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.nn.functional import conv2d, conv_transpose2d, linear, relu

from unbraid.export.errors import ArtifactError
from unbraid.export.importers.import_checkpoint import import_checkpoint

Tensors = dict[str, torch.Tensor]
CHANNELS = [32, 32, 64, 128, 256, 256]
DECODER = {"decoder.main.1": (256, 4, 1, 1), "^decoder.main.3": (256, 256, 4, 4), "^decoder.main.5": (256, 128, 4, 4),
           "^decoder.main.7": (128, 128, 4, 4), "^decoder.main.9": (128, 64, 4, 4), "^decoder.main.11": (64, 64, 4, 4),
           "^decoder.main.13": (64, 1, 3, 3)}


def layer(state: Tensors, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    return state[f"{name}.weight"], state[f"{name}.bias"]


def encoder_shapes(depth: int, kernel: int, outputs: int) -> dict[str, tuple[int, ...]]:
    channels = [1, *CHANNELS[:depth]]
    shapes: dict[str, tuple[int, ...]] = {
        f"encoder.main.{2 * i}": (channels[i + 1], channels[i], kernel, kernel) for i in range(depth)}
    return {**shapes, f"encoder.main.{2 * depth + 1}": (outputs, 256)}


def pictures(state: Tensors, codes: torch.Tensor) -> torch.Tensor:
    images = relu(conv2d(codes[:, :, None, None], *layer(state, "decoder.main.1"), stride=2))
    images = relu(conv_transpose2d(images, *layer(state, "decoder.main.3"), stride=2, padding=1))
    for i in (5, 7, 9, 11):
        images = relu(conv_transpose2d(images, *layer(state, f"decoder.main.{i}"), stride=2))
    return torch.sigmoid(conv_transpose2d(images, *layer(state, "decoder.main.13")))


@pytest.mark.parametrize(("depth", "kernel", "padding"), [(6, 4, 1), (5, 3, 0)])
@pytest.mark.parametrize("is_gaussian", [True, False])
def test_codes_and_pictures_are_theirs(tmp_path: Path, state_of: Callable, depth: int, kernel: int, padding: int,
                                       is_gaussian: bool) -> None:
    state = state_of({**encoder_shapes(depth, kernel, 8 if is_gaussian else 4), **DECODER})
    torch.save({"iter": 1, "model_states": {"G": state, "PermD": {"w": torch.zeros(1)}}, "optim_states": {}},
               tmp_path / "last")
    model, origin = import_checkpoint(tmp_path)
    assert (origin["format"], model.num_latent) == ("disentanglement_pytorch", 4)
    hidden, codes = torch.rand(5, 1, 64, 64), torch.randn(5, 4)
    with torch.no_grad():
        ours = model.encoder(hidden)
        for i in range(depth):
            hidden = relu(conv2d(hidden, *layer(state, f"encoder.main.{2 * i}"), stride=2, padding=padding))
        head = linear(hidden.flatten(1), *layer(state, f"encoder.main.{2 * depth + 1}"))
        torch.testing.assert_close(ours[0] if is_gaussian else ours, head[:, :4], atol=1e-5, rtol=0)
        torch.testing.assert_close(model.decoder(codes), pictures(state, codes), atol=1e-5, rtol=0)


@pytest.mark.parametrize("hidden", [[400], [1000, 400, 200, 100]])
def test_dense_networks_have_two_heads(state_of: Callable, imported: Callable, hidden: list[int]) -> None:
    sizes = [4096, *hidden]
    shapes = {f"encoder.main.{2 * i + 1}": (sizes[i + 1], sizes[i]) for i in range(len(hidden))}
    shapes |= {"encoder.head_mu": (4, hidden[-1]), "encoder.head_logvar": (4, hidden[-1])}
    back = [4, *hidden[::-1], 4096]
    shapes |= {f"decoder.main.{2 * i}": (back[i + 1], back[i]) for i in range(len(back) - 1)}
    state = state_of(shapes)
    model = imported(state, "disentanglement_pytorch")
    images = torch.rand(5, 1, 64, 64)
    with torch.no_grad():
        features = images.flatten(1)
        for i in range(len(hidden)):
            features = relu(linear(features, *layer(state, f"encoder.main.{2 * i + 1}")))
        mean = linear(features, *layer(state, "encoder.head_mu"))
        torch.testing.assert_close(model.encoder(images)[0], mean, atol=1e-4, rtol=1e-5)
        assert model.decoder(mean).shape == images.shape


def test_conditional_networks_are_refused(state_of: Callable, imported: Callable) -> None:
    with pytest.raises(ArtifactError, match=r"conditional VAE of amir-abdi.*also take labels"):
        imported(state_of({"z_encoder.main.0": (32, 1, 4, 4)}), "disentanglement_pytorch")
