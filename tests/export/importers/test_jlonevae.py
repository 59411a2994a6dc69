"""jlonevae: both networks, the crops of its decoder written out; and the small files beside the weights."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.nn.functional import conv2d, conv_transpose2d, linear, relu

from unbraid.export.errors import ArtifactError, UnsafeArtifactError
from unbraid.export.importers.import_checkpoint import import_checkpoint

Tensors = dict[str, torch.Tensor]
ARGUMENTS = {"latent_dim": 3, "im_side_len": 64, "im_channels": 1, "emb_conv_layers_channels": [32, 32, 64, 64],
             "emb_conv_layers_strides": [2, 2, 2, 2], "emb_conv_layers_kernel_sizes": [4, 4, 4, 4],
             "emb_fc_layers_num_features": [256], "gen_fc_layers_num_features": [256, 1024],
             "gen_first_im_side_len": 4, "gen_conv_layers_channels": [64, 32, 32, 1],
             "gen_conv_layers_strides": [2, 2, 2, 2], "gen_conv_layers_kernel_sizes": [4, 4, 4, 4]}
# 12 -> 5 -> 3 pixels and back; crops of (1, 2), (1, 2) and none.
OTHER = {"latent_dim": 2, "im_side_len": 12, "im_channels": 3, "emb_conv_layers_channels": [5, 7],
         "emb_conv_layers_strides": (2, 1), "emb_conv_layers_kernel_sizes": [4, 3],
         "emb_fc_layers_num_features": [11, 9], "gen_fc_layers_num_features": [54], "gen_first_im_side_len": 3,
         "gen_conv_layers_channels": [4, 5, 3], "gen_conv_layers_strides": [2, 1, 2],
         "gen_conv_layers_kernel_sizes": [5, 4, 2]}


@pytest.fixture(scope="module")
def large(state_of: Callable[..., Tensors]) -> Tensors:
    return state_of({
        "fcmu": (3, 256), "fclogvar": (3, 256), "emb_convs.0": (32, 1, 4, 4), "emb_convs.1": (32, 32, 4, 4),
        "emb_convs.2": (64, 32, 4, 4), "emb_convs.3": (64, 64, 4, 4), "emb_fcs.0": (256, 256),
        "gen_fcs.0": (256, 3), "gen_fcs.1": (1024, 256), "^gen_convs.0": (64, 64, 4, 4),
        "^gen_convs.1": (64, 32, 4, 4), "^gen_convs.2": (32, 32, 4, 4), "^gen_convs.3": (32, 1, 4, 4)})


@pytest.fixture(scope="module")
def tiny(state_of: Callable[..., Tensors]) -> Tensors:
    return state_of({
        "fcmu": (3, 128), "fclogvar": (3, 128), "emb_convs.0": (64, 1, 3, 3), "emb_convs.1": (128, 64, 3, 3),
        "emb_fcs.0": (128, 1152), "gen_fcs.0": (128, 3), "gen_fcs.1": (1024, 128), "^gen_convs.0": (64, 64, 3, 3),
        "^gen_convs.1": (64, 32, 3, 3), "^gen_convs.2": (32, 1, 3, 3)})


@pytest.fixture(scope="module")
def other(state_of: Callable[..., Tensors]) -> Tensors:
    return state_of({
        "fcmu": (2, 9), "fclogvar": (2, 9), "emb_convs.0": (5, 3, 4, 4), "emb_convs.1": (7, 5, 3, 3),
        "emb_fcs.0": (11, 63), "emb_fcs.1": (9, 11), "gen_fcs.0": (54, 2), "^gen_convs.0": (6, 4, 5, 5),
        "^gen_convs.1": (4, 5, 4, 4), "^gen_convs.2": (5, 3, 2, 2)})


def layer(state: Tensors, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    return state[f"{name}.weight"], state[f"{name}.bias"]


def encode(state: Tensors, images: torch.Tensor, depth: int) -> torch.Tensor:
    for i in range(depth):
        images = relu(conv2d(images, *layer(state, f"emb_convs.{i}"), stride=2))
    return linear(relu(linear(images.flatten(1), *layer(state, "emb_fcs.0"))), *layer(state, "fcmu"))


def decode(state: Tensors, codes: torch.Tensor, strides: list[int]) -> torch.Tensor:
    for i in range(2):
        codes = relu(linear(codes, *layer(state, f"gen_fcs.{i}")))
    images = codes.reshape(-1, 64, 4, 4)
    for i, stride in enumerate(strides):
        images, side = images if i == 0 else relu(images), images.shape[2] * stride
        images = conv_transpose2d(images, *layer(state, f"gen_convs.{i}"), stride=stride)
        start = (images.shape[2] - side) // 2
        images = images[:, :, start : start + side, start : start + side]
    return torch.sigmoid(images)


@pytest.mark.parametrize(("name", "side", "strides"), [("large", 64, [2, 2, 2, 2]), ("tiny", 16, [2, 2, 1])])
def test_codes_and_pictures_are_theirs(request: pytest.FixtureRequest, imported: Callable, name: str, side: int,
                                       strides: list[int]) -> None:
    state = request.getfixturevalue(name)
    model = imported(state, "jlonevae")
    images, codes = torch.rand(5, 1, side, side), torch.randn(5, 3)
    with torch.no_grad():
        torch.testing.assert_close(model.encoder(images)[0], encode(state, images, 4 if side == 64 else 2), atol=1e-5,
                                   rtol=0)
        torch.testing.assert_close(model.decoder(codes), decode(state, codes, strides), atol=1e-5, rtol=0)


def test_networks_of_other_sizes_are_theirs(tmp_path: Path, other: Tensors) -> None:
    model, _ = import_checkpoint(write(tmp_path / "run", other, OTHER))
    images, codes = torch.rand(5, 3, 12, 12), torch.randn(5, 2)
    hidden = relu(conv2d(images, *layer(other, "emb_convs.0"), stride=2))
    hidden = relu(conv2d(hidden, *layer(other, "emb_convs.1"), stride=1)).flatten(1)
    hidden = relu(linear(relu(linear(hidden, *layer(other, "emb_fcs.0"))), *layer(other, "emb_fcs.1")))
    pictures = relu(linear(codes, *layer(other, "gen_fcs.0"))).reshape(-1, 6, 3, 3)
    pictures = relu(conv_transpose2d(pictures, *layer(other, "gen_convs.0"), stride=2))[:, :, 1:7, 1:7]
    pictures = relu(conv_transpose2d(pictures, *layer(other, "gen_convs.1"), stride=1))[:, :, 1:7, 1:7]
    pictures = torch.sigmoid(conv_transpose2d(pictures, *layer(other, "gen_convs.2"), stride=2))
    with torch.no_grad():
        mean, log_variance = model.encoder(images)
        torch.testing.assert_close(mean, linear(hidden, *layer(other, "fcmu")), atol=1e-5, rtol=0)
        torch.testing.assert_close(log_variance, linear(hidden, *layer(other, "fclogvar")), atol=1e-5, rtol=0)
        torch.testing.assert_close(model.decoder(codes), pictures, atol=1e-5, rtol=0)


def write(folder: Path, state: Tensors, arguments: object = ARGUMENTS, model_type: str = "conv_vae\n") -> Path:
    folder.mkdir(parents=True)
    torch.save(state, folder / "model_state_dict.pt")
    (folder / "model_args.p").write_bytes(pickle.dumps(arguments))
    (folder / "model_type.txt").write_text(model_type)
    return folder


def test_the_last_of_several_caches_is_taken(tmp_path: Path, large: Tensors, tiny: Tensors) -> None:
    write(tmp_path / "cache_batch_no9", {"a": torch.zeros(1)})
    write(tmp_path / "cache_batch_no100", large)
    model, origin = import_checkpoint(tmp_path)
    assert model.num_latent == 3
    assert (origin["format"], origin["file"], len(origin["sha256"])) == ("jlonevae", "model_state_dict.pt", 64)


class Boom:
    def __reduce__(self) -> tuple:
        return (os.mkdir, ("ran",))


@pytest.mark.parametrize(("arguments", "model_type", "message"), [
    (ARGUMENTS, "fc_vae", r"model_type\.txt says 'fc_vae'; expected 'conv_vae'"),
    ({**ARGUMENTS, "emb_conv_layers_strides": [2, 2, 2, 1]}, "conv_vae",
     r"emb_fcs\.0\.weight \(256, 256\), expected \(256, 576\).* is what .*model_args\.p says"),
    ({**ARGUMENTS, "im_side_len": 2 ** 20, "gen_first_im_side_len": 2 ** 16,
      "gen_fc_layers_num_features": [256, 2 ** 42]}, "conv_vae", "misshapen: emb_fcs"),
    ({**ARGUMENTS, "im_side_len": 9}, "conv_vae", "do not fit 9x9 images: 3x3 pixels are left for a kernel of 4"),
    ({**ARGUMENTS, "gen_conv_layers_strides": [2, 2, 2, 1]}, "conv_vae", "takes 32x32 images, but .* are 64x64"),
    ({**ARGUMENTS, "gen_first_im_side_len": None}, "conv_vae", "gen_first_im_side_len = None, expected a whole number"),
    ({**ARGUMENTS, "emb_conv_layers_strides": [2]}, "conv_vae", "emb_conv_layers_channels, _strides and .* differ in"),
    ({**ARGUMENTS, "latent_dim": 7}, "conv_vae", r"fcmu\.weight \(3, 256\), expected \(7, 256\)"),
    ([1, 2], "conv_vae", "holds a list; expected a dict"),
    ("x" * 70000, "conv_vae", "expected a few numbers, at most 65,536 bytes"),
])
def test_files_that_do_not_fit_are_named(tmp_path: Path, large: Tensors, arguments: object, model_type: str,
                                         message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        import_checkpoint(write(tmp_path / "run", large, arguments, model_type))


def test_arguments_that_would_run_code_are_refused(tmp_path: Path, large: Tensors,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = write(tmp_path / "run", large, {"latent_dim": Boom()})
    with pytest.raises(UnsafeArtifactError, match=r"model_args\.p names posix\.mkdir; expected plain numbers.*no flag"):
        import_checkpoint(folder)
    assert not (tmp_path / "ran").exists()
    (folder / "model_args.p").write_bytes(b"\x80\x04garbage")
    with pytest.raises(ArtifactError, match=r"model_args\.p is a damaged pickle"):
        import_checkpoint(folder)
    (folder / "model_args.p").unlink()
    assert import_checkpoint(folder)[0].num_latent == 3, "the weights alone are enough"
