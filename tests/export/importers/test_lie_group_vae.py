"""Commutative Lie Group VAE and its baselines: their forward passes written out with torch's functions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d, conv_transpose2d, linear, relu

from unbraid.export import export_representation, load_representation
from unbraid.export.errors import ArtifactError
from unbraid.export.formats import get_formats

Tensors = dict[str, torch.Tensor]
SUBGROUPS, SUBSPACES = (4, 9), (2, 3)


def layer(state: Tensors, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    return state[f"{name}.weight"], state[f"{name}.bias"]


def convolved(state: Tensors, prefix: str, images: torch.Tensor) -> torch.Tensor:
    for i in (0, 2, 4, 6):
        images = relu(conv2d(images, *layer(state, f"{prefix}{i}"), stride=2, padding=1))
    return relu(linear(images.flatten(1), *layer(state, f"{prefix}9")))


def pictures(state: Tensors, prefix: str, hidden: torch.Tensor) -> torch.Tensor:
    for i in (0, 2):
        hidden = relu(linear(hidden, *layer(state, f"{prefix}{i}")))
    images = hidden.reshape(-1, 64, 4, 4)
    for i in (5, 7, 9, 11):
        images = conv_transpose2d(images, *layer(state, f"{prefix}{i}"), stride=2, padding=1)
        images = relu(images) if i < 11 else torch.sigmoid(images)
    return images


def convolutions(prefix: str, channels: int = 1) -> dict[str, tuple[int, ...]]:
    return {f"{prefix}0": (32, channels, 4, 4), f"{prefix}2": (32, 32, 4, 4), f"{prefix}4": (64, 32, 4, 4),
            f"{prefix}6": (64, 64, 4, 4), f"{prefix}9": (256, 1024)}


def deconvolutions(prefix: str, inputs: int, channels: int = 1) -> dict[str, tuple[int, ...]]:
    return {f"{prefix}0": (256, inputs), f"{prefix}2": (1024, 256), f"^{prefix}5": (64, 64, 4, 4),
            f"^{prefix}7": (64, 32, 4, 4), f"^{prefix}9": (32, 32, 4, 4), f"^{prefix}11": (32, channels, 4, 4)}


@pytest.fixture(scope="module")
def lie(state_of: Callable[..., Tensors]) -> Tensors:
    group = sum(SUBGROUPS)
    shapes = {**convolutions("encoder.prior_group."), "encoder.prior_group.11": (group, 256)}
    for i, (size, latents) in enumerate(zip(SUBGROUPS, SUBSPACES, strict=True)):
        for kind in ("to_means", "to_logvar"):
            shapes |= {f"encoder.{kind}.{i}.0": (4 * size, size), f"encoder.{kind}.{i}.2": (latents, 4 * size)}
    sides = [2, 2, 3, 3, 3]
    shapes |= {f"=decoder.lie_alg_basis_ls.{j}": (1, side, side) for j, side in enumerate(sides)}
    return state_of({**shapes, **deconvolutions("decoder.post_exp.", group)})


def test_group_codes_and_pictures_are_theirs(lie: Tensors, imported: Callable) -> None:
    model = imported(lie, "lie_group_vae")
    images, codes = torch.rand(5, 1, 64, 64), torch.randn(5, 5)
    with torch.no_grad():
        features = linear(convolved(lie, "encoder.prior_group.", images), *layer(lie, "encoder.prior_group.11"))
        for ours, kind in zip(model.encoder(images), ("to_means", "to_logvar"), strict=True):
            theirs = torch.cat([linear(relu(linear(part, *layer(lie, f"encoder.{kind}.{i}.0"))),
                                       *layer(lie, f"encoder.{kind}.{i}.2"))
                                for i, part in enumerate(features.split(SUBGROUPS, dim=1))], dim=1)
            torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
        basis = [lie[f"decoder.lie_alg_basis_ls.{j}"][0] for j in range(5)]
        groups = [sum(codes[:, j, None, None] * basis[j] for j in part) for part in ((0, 1), (2, 3, 4))]
        group = torch.cat([torch.matrix_exp(matrices).flatten(1) for matrices in groups], dim=1)
        torch.testing.assert_close(model.decoder(codes), pictures(lie, "decoder.post_exp.", group), atol=1e-5, rtol=0)


def test_a_matrix_exponential_is_exported_in_every_format(tmp_path: Path, lie: Tensors, imported: Callable,
                                                          images: np.ndarray) -> None:
    model = imported(lie, "lie_group_vae")
    export_representation(model.encoder, tmp_path / "out", images, decoder=model.decoder)
    assert load_representation(tmp_path / "out")(images).shape == (32, 5)
    codes = np.random.RandomState(0).normal(size=(3, 5)).astype(np.float32) * 20
    with torch.no_grad():
        expected = model.decoder(torch.from_numpy(codes)).numpy()
    for file_format in get_formats().values():
        runner = file_format.open(tmp_path / "out" / file_format.decoder_file, "cpu")
        np.testing.assert_allclose(runner(codes), expected, atol=1e-4)


def test_a_decoder_without_a_group_is_left_out(lie: Tensors, imported: Callable, state_of: Callable) -> None:
    state = {key: value for key, value in lie.items() if "lie_alg" not in key}
    state |= state_of({"decoder.fake_exp.0": (20, 5), "decoder.fake_exp.2": (13, 20)})
    assert imported(state, "lie_group_vae").decoder is None


def test_convolutional_baselines(state_of: Callable, imported: Callable) -> None:
    state = state_of({**convolutions("encoder.", 3), "encoder.11": (8, 256), **deconvolutions("decoder.", 4, 3)})
    model = imported(state, "lie_group_vae_conv")
    images, codes = torch.rand(5, 3, 64, 64), torch.randn(5, 4)
    with torch.no_grad():
        head = linear(convolved(state, "encoder.", images), *layer(state, "encoder.11"))
        torch.testing.assert_close(model.encoder(images)[0], head[:, :4], atol=1e-5, rtol=0)
        torch.testing.assert_close(model.encoder(images)[1], head[:, 4:], atol=1e-5, rtol=0)
        torch.testing.assert_close(model.decoder(codes), pictures(state, "decoder.", codes), atol=1e-5, rtol=0)


def test_dense_baselines(state_of: Callable, imported: Callable) -> None:
    state = state_of({"encoder.1": (1200, 4096), "encoder.3": (1200, 1200), "encoder.5": (8, 1200),
                      "decoder.0": (1200, 4), "decoder.2": (1200, 1200), "decoder.4": (1200, 1200),
                      "decoder.6": (4096, 1200)})
    model = imported(state, "lie_group_vae_dense")
    images, codes = torch.rand(5, 1, 64, 64), torch.randn(5, 4) / 100
    with torch.no_grad():
        hidden = relu(linear(images.flatten(1), *layer(state, "encoder.1")))
        head = linear(relu(linear(hidden, *layer(state, "encoder.3"))), *layer(state, "encoder.5"))
        torch.testing.assert_close(model.encoder(images)[0], head[:, :4], atol=1e-4, rtol=1e-5)
        drawn = codes
        for i in (0, 2, 4):
            drawn = torch.tanh(linear(drawn, *layer(state, f"decoder.{i}")))
        drawn = torch.sigmoid(linear(drawn, *layer(state, "decoder.6")))
        torch.testing.assert_close(model.decoder(codes), drawn.reshape(5, 1, 64, 64), atol=1e-5, rtol=0)


def test_missing_bases_are_listed(lie: Tensors, imported: Callable) -> None:
    state = {key: value for key, value in lie.items() if key != "decoder.lie_alg_basis_ls.3"}
    with pytest.raises(ArtifactError, match=r"missing: decoder\.lie_alg_basis_ls\.3 \(1, 3, 3\)\."):
        imported(state, "lie_group_vae")
