"""CFASL and MIPET: unpadded convolutions, a dense layer without an activation, dead parameters, transformations."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch.nn.functional import conv2d, conv_transpose2d, linear, relu

from unbraid.export.errors import ArtifactError

Tensors = dict[str, torch.Tensor]
LATENTS, GROUP = 3, 16


def layer(state: Tensors, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    return state[f"{name}.weight"], state[f"{name}.bias"]


def shapes(hidden: int = 128, channels: int = 1) -> dict[str, tuple[int, ...]]:
    return {"encoder.hidden_layers.0.conv": (32, channels, 4, 4), "encoder.hidden_layers.1.conv": (32, 32, 4, 4),
            "encoder.hidden_layers.2.conv": (64, 32, 4, 4), "encoder.hidden_layers.3.conv": (64, 64, 4, 4),
            "encoder.dense": (hidden, 256), "encoder.mu": (LATENTS, hidden), "encoder.logvar": (LATENTS, hidden),
            "decoder.dense1": (hidden, LATENTS), "decoder.dense2": (1024, hidden),
            "^decoder.hidden_layers.0.conv": (64, 64, 4, 4), "^decoder.hidden_layers.1.conv": (64, 32, 4, 4),
            "^decoder.hidden_layers.2.conv": (32, 32, 4, 4), "^decoder.hidden_layers.3": (32, channels, 4, 4)}


def commutative_shapes() -> dict[str, tuple[int, ...]]:
    return {**shapes(256), "encoder.dense1": (256, 256), "encoder.dense2": (GROUP, 256),
            "encoder.to_means.0.0": (4 * GROUP, GROUP), "encoder.to_means.0.2": (LATENTS, 4 * GROUP),
            "encoder.to_logvar.0.0": (4 * GROUP, GROUP), "encoder.to_logvar.0.2": (LATENTS, 4 * GROUP),
            "decoder.dense1": (256, GROUP), "decoder.dense2": (1024, 256),
            **{f"=decoder.lie_alg_basis_ls.{i}": (1, 4, 4) for i in range(LATENTS)}}


def transformation(prefix: str) -> dict[str, tuple[int, ...]]:
    return {f"={prefix}.w1": (LATENTS, LATENTS), f"={prefix}.w2": (LATENTS, LATENTS),
            f"{prefix}.subobj.lambda_": (LATENTS, LATENTS)}


def convolved(state: Tensors, images: torch.Tensor) -> torch.Tensor:
    for i in range(4):
        images = relu(conv2d(images, *layer(state, f"encoder.hidden_layers.{i}.conv"), stride=2))
    return images.flatten(1)


def pictures(state: Tensors, hidden: torch.Tensor) -> torch.Tensor:
    hidden = relu(linear(relu(linear(hidden, *layer(state, "decoder.dense1"))), *layer(state, "decoder.dense2")))
    images = hidden.reshape(-1, 64, 4, 4)
    for i in range(3):
        images = relu(conv_transpose2d(images, *layer(state, f"decoder.hidden_layers.{i}.conv"), stride=2, padding=1))
    return torch.sigmoid(conv_transpose2d(images, *layer(state, "decoder.hidden_layers.3"), stride=2, padding=1))


def transformed(state: Tensors, prefix: str, codes: torch.Tensor) -> torch.Tensor:
    for name in ("w1", "w2"):
        matrix = state[f"{prefix}.{name}"]
        codes = codes @ torch.matrix_exp((matrix + matrix.T) / 2)
    return codes


@pytest.mark.parametrize(("hidden", "channels"), [(128, 1), (256, 3)])
def test_the_dense_layer_has_no_activation(state_of: Callable, imported: Callable, hidden: int, channels: int) -> None:
    symmetries = {"=group_action_layer.group_elements": (16 * LATENTS, LATENTS, LATENTS)}
    state = state_of({**shapes(hidden, channels), **symmetries})
    model = imported(state, "cfasl")
    images, codes = torch.rand(5, channels, 64, 64), torch.randn(5, LATENTS)
    with torch.no_grad():
        dense = linear(convolved(state, images), *layer(state, "encoder.dense"))
        for ours, name in zip(model.encoder(images), ("mu", "logvar"), strict=True):
            torch.testing.assert_close(ours, linear(dense, *layer(state, f"encoder.{name}")), atol=1e-5, rtol=0)
        torch.testing.assert_close(model.decoder(codes), pictures(state, codes), atol=1e-5, rtol=0)


def test_the_codebook_comes_along_with_what_its_selector_takes_for_the_second_deviation(
        state_of: Callable, imported: Callable) -> None:
    group = "group_action_layer"
    state = state_of({**shapes(), f"={group}.group_elements": (16 * LATENTS, LATENTS, LATENTS),
                      f"{group}.linear.0": (18 * LATENTS, 4 * LATENTS)})
    symmetries = imported(state, "cfasl").symmetries
    elements = state[f"{group}.group_elements"].numpy()
    assert symmetries.codebook.shape == (LATENTS, 16, LATENTS, LATENTS)
    assert (symmetries.codebook[1, 2] == elements[18]).all()
    assert (symmetries.selector.weight == state[f"{group}.linear.0.weight"].numpy()).all()
    assert symmetries.selector.std2 == "mean"  # theirs halves the second mean, not its log-variance


def test_the_commutative_model_takes_its_means_from_the_group(state_of: Callable, imported: Callable) -> None:
    state = state_of(commutative_shapes())
    model = imported(state, "cfasl")
    images, codes = torch.rand(5, 1, 64, 64), torch.randn(5, LATENTS)
    with torch.no_grad():
        group = torch.sigmoid(linear(relu(linear(convolved(state, images), *layer(state, "encoder.dense1"))),
                                     *layer(state, "encoder.dense2")))
        mean = linear(relu(linear(group, *layer(state, "encoder.to_means.0.0"))), *layer(state, "encoder.to_means.0.2"))
        torch.testing.assert_close(model.encoder(images)[0], mean, atol=1e-5, rtol=0)
        algebra = sum(codes[:, i, None, None] * state[f"decoder.lie_alg_basis_ls.{i}"][0] for i in range(LATENTS))
        expected = pictures(state, torch.matrix_exp(algebra).flatten(1))
        torch.testing.assert_close(model.decoder(codes), expected, atol=1e-5, rtol=0)


def test_mipet_averages_the_pictures_of_transformed_codes(state_of: Callable, imported: Callable) -> None:
    state = state_of({**shapes(), **transformation("inv_equ.0"), **transformation("inv_equ.1")})
    model = imported(state, "mipet")
    codes = torch.randn(5, LATENTS)
    with torch.no_grad():
        expected = sum(pictures(state, transformed(state, f"inv_equ.{i}", codes)) for i in range(2)) / 2
        torch.testing.assert_close(model.decoder(codes), expected, atol=1e-5, rtol=0)


def test_commutative_mipet_has_one_transformation(state_of: Callable, imported: Callable) -> None:
    state = state_of({**commutative_shapes(), **transformation("inv_equ")})
    model = imported(state, "mipet")
    codes = torch.randn(5, LATENTS)
    with torch.no_grad():
        moved = transformed(state, "inv_equ", codes)
        algebra = sum(moved[:, i, None, None] * state[f"decoder.lie_alg_basis_ls.{i}"][0] for i in range(LATENTS))
        expected = pictures(state, torch.matrix_exp(algebra).flatten(1))
        torch.testing.assert_close(model.decoder(codes), expected, atol=1e-5, rtol=0)


def test_half_a_transformation_is_named(state_of: Callable, imported: Callable) -> None:
    state = state_of({**shapes(), **transformation("inv_equ.0")})
    del state["inv_equ.0.w2"]
    with pytest.raises(ArtifactError, match=r"missing: inv_equ\.0\.w2 \(3, 3\)"):
        imported(state, "mipet")
