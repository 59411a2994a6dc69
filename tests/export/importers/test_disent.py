"""disent: Lightning files, padding of 2, and input that was normalised."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, linear, relu

from unbraid.common.errors import UserError
from unbraid.export import load_representation
from unbraid.export.errors import ArtifactError
from unbraid.export.foreign.flags import parse_statistics
from unbraid.export.importers.import_checkpoint import export_checkpoint, import_checkpoint, with_input_statistics
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


class Side(nn.Module):
    """As disent's encoders and decoders keep their layers and sizes."""

    def __init__(self, *layers: nn.Module, multiplier: int = 1):
        super().__init__()
        self.model = nn.Sequential(*layers)
        self._x_shape, self._z_size, self._z_multiplier = (3, 16, 16), 4, multiplier


class AutoEncoder(nn.Module):
    def __init__(self, encoder: Side, decoder: Side):
        super().__init__()
        self._encoder, self._decoder = encoder, decoder


class BetaVae:
    class cfg:  # a class in a class is pickled as a call of getattr
        def __init__(self, recon_loss: str):
            self.recon_loss = recon_loss


def auto_encoder(norm: nn.Module, activation: nn.Module) -> AutoEncoder:
    """Of few layers, but every kind that disent's normalising networks have, with what training would have made."""
    torch.manual_seed(0)
    model = AutoEncoder(
        Side(nn.Conv2d(3, 6, 4, 2, 2), norm, activation, nn.Conv2d(6, 5, 2, 2, 1), nn.ReLU(True), nn.Flatten(),
             nn.Linear(125, 8), multiplier=2),
        Side(nn.Linear(4, 5 * 64), nn.Tanh(), nn.Unflatten(dim=1, unflattened_size=[5, 8, 8]),
             nn.ConvTranspose2d(5, 3, 4, 2, 1)))
    model._encoder.model(torch.rand(20, 3, 16, 16))  # running means of the batch norm
    return model.eval()


def write_lightning(path: Path, model: nn.Module, loss: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {f"_model.{key}": tensor for key, tensor in model.state_dict().items()}
    if "_" in loss:  # of a blurred loss
        state["_AeAndVaeMixin__recon_handler._kernel._kernel"] = torch.ones(1, 1, 3, 3)
    torch.save({"pytorch-lightning_version": "2.6", "state_dict": state,
                "hyper_parameters": {"model": model, "cfg": BetaVae.cfg(loss), "batch_augment": None}}, path)
    return path


@pytest.mark.parametrize(("norm", "activation"), [
    (nn.BatchNorm2d(6), nn.LeakyReLU(0.2, inplace=True)), (nn.InstanceNorm2d(6), nn.ReLU()),
    (nn.LayerNorm([9, 9]), nn.SiLU()), (nn.LayerNorm([6, 9, 9], eps=0.1), nn.Identity())])
def test_networks_are_rebuilt_as_the_pickled_model_has_them(tmp_path: Path, norm: nn.Module,
                                                            activation: nn.Module) -> None:
    theirs = auto_encoder(norm, activation)
    model, _ = import_checkpoint(write_lightning(tmp_path / "last.ckpt", theirs, "bce"))
    images, codes = torch.rand(5, 3, 16, 16), torch.randn(5, 4)
    assert model.decoder is not None
    with torch.no_grad():
        posterior, pictures = theirs._encoder.model(images), torch.sigmoid(theirs._decoder.model(codes))
        torch.testing.assert_close(torch.cat(model.encoder(images), 1), posterior, atol=1e-6, rtol=0)
        torch.testing.assert_close(model.decoder(codes), pictures, atol=1e-6, rtol=0)


def test_pictures_are_scaled_back_where_the_loss_was_of_pictures(tmp_path: Path) -> None:
    theirs = auto_encoder(nn.BatchNorm2d(6), nn.ReLU())
    mean, std = (0.5, 0.4, 0.3), (0.25, 0.5, 1.0)
    codes = torch.randn(5, 4)
    with torch.no_grad():
        pictures = theirs._decoder.model(codes)
    scale, shift = torch.tensor(std).reshape(3, 1, 1), torch.tensor(mean).reshape(3, 1, 1)
    scaled = (pictures * scale + shift).clamp(0, 1)
    for loss, expected in (("mse", scaled), ("mae_box_r31", scaled), ("c_bernoulli", torch.sigmoid(pictures))):
        path = write_lightning(tmp_path / loss / "last.ckpt", theirs, loss)
        model, _ = with_input_statistics(*import_checkpoint(path), data_set=None, statistics=(mean, std))
        assert model.decoder is not None
        with torch.no_grad():
            torch.testing.assert_close(model.decoder(codes), expected, atol=1e-6, rtol=0)
    assert import_checkpoint(write_lightning(tmp_path / "last.ckpt", theirs, "its_own"))[0].decoder is None


def test_layers_that_are_not_known_are_named(tmp_path: Path) -> None:
    path = write_lightning(tmp_path / "last.ckpt", auto_encoder(nn.GroupNorm(2, 6), nn.ReLU()), "mse")
    with pytest.raises(ArtifactError, match=r"a layer of the class torch\.nn\.modules\.normalization\.GroupNorm"):
        import_checkpoint(path)


def test_a_model_that_does_not_fit_its_weights_is_refused(tmp_path: Path) -> None:
    theirs = auto_encoder(nn.BatchNorm2d(6), nn.ReLU())
    theirs._encoder.model[6].in_features = 2 ** 40
    with pytest.raises(ArtifactError, match=r"last\.ckpt describes cannot be rebuilt: The layers do not fit together"):
        import_checkpoint(write_lightning(tmp_path / "last.ckpt", theirs, "mse"))
    theirs._encoder.model[6].in_features, theirs._encoder.model[0].stride = 125, "2"
    with pytest.raises(ArtifactError, match=r"The layers do not fit together"):
        import_checkpoint(write_lightning(tmp_path / "last.ckpt", theirs, "mse"))
    theirs._encoder.model[0].stride, theirs._encoder._z_size = (2, 2), 5
    with pytest.raises(ArtifactError, match=r"The layers make \[8\] of \[3, 16, 16\]; expected \[10\]"):
        import_checkpoint(write_lightning(tmp_path / "last.ckpt", theirs, "mse"))


def test_the_input_is_normalised_as_said(tmp_path: Path, checkpoint: tuple[Path, Tensors], images: np.ndarray) -> None:
    path, state = checkpoint
    record = export_checkpoint(path, tmp_path / "out", input_statistics=((0.5,), (0.25,)), formats=["onnx"])
    assert record.source is not None
    assert record.source["input"] == "(x - [0.5]) / [0.25]"
    with torch.no_grad():
        expected = means(state, (torch.from_numpy(images.transpose(0, 3, 1, 2)) - 0.5) / 0.25)
    np.testing.assert_allclose(load_representation(tmp_path / "out")(images), expected, atol=1e-4)


def test_the_statistics_must_be_known(tmp_path: Path, checkpoint: tuple[Path, Tensors]) -> None:
    with pytest.raises(UserError, match=r"trains on \(x - mean\) / std.*data_set=NAME \(dsprites.*input_statistics="):
        export_checkpoint(checkpoint[0], tmp_path / "out", data_set="threeDots")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("mean", "std"), [("a", "1"), ("0", "0"), ("1,2", "1"), ("", "1")])
def test_statistics_that_are_none_are_named(mean: str, std: str) -> None:
    with pytest.raises(UserError, match="expected the mean and the standard deviation"):
        parse_statistics(mean, std)


def test_the_table_has_one_number_for_each_channel() -> None:
    assert all(len(mean) == len(std) in (1, 3) for mean, std in STATISTICS.values())
