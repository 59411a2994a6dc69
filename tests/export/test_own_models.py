"""Models as people write them go through `export_representation` without a wrapper."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from unbraid.common.errors import UserError
from unbraid.export import export_representation, load_decoder, load_posterior, load_representation

nn = torch.nn


@dataclasses.dataclass
class Output:
    """As transformers and pythae return it."""

    pictures: torch.Tensor
    mu: torch.Tensor
    log_covariance: torch.Tensor


class Latents:
    """As diffusers' DiagonalGaussianDistribution."""

    def __init__(self, mean: torch.Tensor, logvar: torch.Tensor):
        self.mean, self.logvar = mean, logvar


class Holder:
    """An output object with a distribution inside."""

    def __init__(self, latent_dist: Latents):
        self.latent_dist = latent_dist


class VAE(nn.Module):
    """Its forward gives reconstructions, as that of most VAEs."""

    def __init__(self, returns: str = "tuple"):
        super().__init__()
        torch.manual_seed(0)
        self.returns = returns
        self.layers, self.pictures = nn.Linear(4096, 6), nn.Linear(3, 4096)

    def moments(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean, log_variance = (self.layers(images.flatten(1)) / 10).chunk(2, dim=1)
        return mean, log_variance

    def encode(self, images: torch.Tensor) -> Any:
        mean, log_variance = self.moments(images)
        normal = torch.distributions.Normal(mean, torch.exp(log_variance / 2), validate_args=False)
        return {"tuple": (mean, log_variance), "list": [mean, log_variance], "tensor": mean, "normal": normal,
                "independent": torch.distributions.Independent(normal, 1, validate_args=False),
                "dataclass": Output(images, mean, log_variance), "dict": {"logvar": log_variance, "z_mean": mean},
                "gaussian": Latents(mean, log_variance), "holder": Holder(Latents(mean, log_variance)),
                "distribution in a tuple": (normal, images)}[self.returns]

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.pictures(codes)).unflatten(1, (1, 64, 64))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.decode(self.moments(images)[0])


RETURNS = ["tuple", "list", "tensor", "normal", "independent", "dataclass", "dict", "gaussian", "holder",
           "distribution in a tuple"]


@pytest.mark.parametrize("returns", RETURNS)
def test_encode_and_decode_are_understood(tmp_path: Path, images: np.ndarray, returns: str) -> None:
    model = VAE(returns)
    export_representation(model, tmp_path / "out", images, formats=["torchscript"])
    with torch.no_grad():
        mean, log_variance = (part.numpy() for part in model.moments(torch.from_numpy(images.transpose(0, 3, 1, 2))))
        pictures = model.decode(torch.from_numpy(mean)).numpy()
    np.testing.assert_allclose(load_representation(tmp_path / "out")(images), mean, atol=1e-5)
    np.testing.assert_allclose(load_decoder(tmp_path / "out")(mean), pictures.transpose(0, 2, 3, 1), atol=1e-5)
    if returns != "tensor":
        np.testing.assert_allclose(load_posterior(tmp_path / "out")(images)[1], log_variance, atol=1e-5)


class Whole(nn.Module):
    """A VAE without `encode`: forward gives everything, as in most repositories."""

    def __init__(self, returns: str):
        super().__init__()
        self.vae, self.returns = VAE(), returns

    def forward(self, images: torch.Tensor) -> Any:
        mean, log_variance = self.vae.moments(images)
        pictures = self.vae.decode(mean)
        return {"pictures first": (pictures, mean, log_variance), "nested": (pictures, (mean, log_variance)),
                "flat pictures": (pictures.flatten(1), mean, log_variance),
                "loss last": [pictures, mean, log_variance, pictures.mean()],
                "dict in a tuple": (pictures, {"logvar": log_variance, "mu": mean}),
                "pictures last": (mean, log_variance, pictures),
                "sampled": (pictures, mean, log_variance, mean + log_variance),
                "sampled first": (mean + log_variance, mean, log_variance),
                "no pair": (pictures.flatten(1), mean)}[self.returns]


@pytest.mark.parametrize(("returns", "format_name"), [
    ("pictures first", "torchscript"), ("nested", "torchscript"), ("flat pictures", "torchscript"),
    ("loss last", "torchscript"), ("dict in a tuple", "torchscript"), ("pictures last", "torchscript"),
    ("flat pictures", "onnx"), ("nested", "export"),
])
def test_the_posterior_is_found_among_all_outputs(tmp_path: Path, images: np.ndarray, returns: str,
                                                  format_name: str) -> None:
    model = Whole(returns)
    export_representation(model, tmp_path / "out", images, formats=[format_name])
    with torch.no_grad():
        wanted = [part.numpy() for part in model.vae.moments(torch.from_numpy(images.transpose(0, 3, 1, 2)))]
    np.testing.assert_allclose(load_representation(tmp_path / "out")(images), wanted[0], atol=1e-5)
    for found, expected in zip(load_posterior(tmp_path / "out")(images), wanted, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("returns", ["sampled", "sampled first", "no pair"])
def test_which_output_is_meant_is_never_guessed(tmp_path: Path, images: np.ndarray, returns: str) -> None:
    with pytest.raises(UserError, match=r"returns tuple with 0 \(N, .*; expected codes .* Give a method or module"):
        export_representation(Whole(returns), tmp_path / "out", images, formats=["torchscript"])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("formats", [["onnx"], ["export"]])
def test_distributions_go_into_every_format(tmp_path: Path, images: np.ndarray, formats: list[str]) -> None:
    model = VAE("normal")
    export_representation(model, tmp_path / "out", images, formats=formats)
    with torch.no_grad():
        mean = model.moments(torch.from_numpy(images.transpose(0, 3, 1, 2)))[0].numpy()
    np.testing.assert_allclose(load_representation(tmp_path / "out")(images), mean, atol=1e-5)


def test_a_bound_method_is_exported(tmp_path: Path, images: np.ndarray) -> None:
    model = VAE()
    export_representation(model.moments, tmp_path / "out", images, formats=["torchscript"])
    with torch.no_grad():
        mean = model.moments(torch.from_numpy(images.transpose(0, 3, 1, 2)))[0].numpy()
    np.testing.assert_allclose(load_representation(tmp_path / "out")(images), mean, atol=1e-5)


class Logits(VAE):
    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        return self.pictures(codes).unflatten(1, (1, 64, 64))


def test_a_decoder_of_logits_is_left_out_and_said(tmp_path: Path, images: np.ndarray,
                                                  caplog: pytest.LogCaptureFixture) -> None:
    export_representation(Logits(), tmp_path / "out", images, formats=["torchscript"])
    assert "The decoder is left out: decode gives no images (N, C, H, W) in [0, 1]" in caplog.text
    assert not list((tmp_path / "out").glob("decoder.*"))


@pytest.mark.parametrize(("model", "options", "message"), [
    (lambda images: images, {}, "Got function; expected a torch.nn.Module, or a method of one"),
    (VAE(), {"data_set": "three_dotz"}, "Unknown data set 'three_dotz'"),
])
def test_what_cannot_be_exported_leaves_nothing(tmp_path: Path, images: np.ndarray, model: Any,
                                                options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        export_representation(model, tmp_path / "runs" / "out", images, formats=["torchscript"], **options)
    assert list(tmp_path.iterdir()) == []


class Variants(VAE):
    """Decoders and encoders as people write them."""

    def __init__(self, how: str):
        super().__init__()
        self.how = how

    def encode(self, images: torch.Tensor) -> Any:
        mean, log_variance = self.moments(images)
        return mean + torch.exp(log_variance / 2) * torch.randn_like(mean) if self.how == "sampled" else mean

    def decode(self, codes: torch.Tensor) -> Any:
        pictures = super().decode(codes)
        return {"flat": pictures.flatten(1), "dict": {"sample": pictures}, "tuple": (pictures, codes),
                "dataclass": Output(pictures, codes, codes)}.get(self.how, pictures)


@pytest.mark.parametrize("how", ["flat", "dict", "tuple", "dataclass"])
@pytest.mark.parametrize("given", [False, True], ids=["own", "given"])
def test_pictures_are_found_in_the_outputs_of_decoders(tmp_path: Path, images: np.ndarray, how: str,
                                                       given: bool) -> None:
    model = Variants(how)
    encoder, options = (model.encode, {"decoder": model.decode}) if given else (model, {})
    export_representation(encoder, tmp_path / "out", images, formats=["torchscript"], **options)
    codes = load_representation(tmp_path / "out")(images)
    with torch.no_grad():
        pictures = VAE.decode(model, torch.from_numpy(codes)).numpy()
    np.testing.assert_allclose(load_decoder(tmp_path / "out")(codes), pictures.transpose(0, 2, 3, 1), atol=1e-5)


class AutoEncoder(nn.Module):
    """Its forward gives pictures only."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(4096, 3))
        self.decoder = nn.Sequential(nn.Linear(3, 4096), nn.Unflatten(1, (1, 64, 64)))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.decoder(self.encoder(images))


@pytest.mark.parametrize(("model", "message"), [
    (Variants("sampled"), "draws random numbers: two calls with the same images give other codes. Give a method"),
    (AutoEncoder(), r"returns shape \(32, 1, 64, 64\).* Its part encoder may be meant: give model.encoder"),
])
def test_the_sentence_says_what_to_give_instead(tmp_path: Path, images: np.ndarray, model: nn.Module,
                                                message: str) -> None:
    with pytest.raises(UserError, match=message):
        export_representation(model, tmp_path / "out", images, formats=["torchscript"])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("turned", [
    lambda images: torch.from_numpy(images.transpose(0, 3, 1, 2)),
    lambda images: torch.from_numpy(images.transpose(0, 3, 1, 2)).double().requires_grad_(),
    lambda images: images.transpose(0, 3, 1, 2), lambda images: images.tolist()],
    ids=["tensor", "double tensor with gradients", "array", "list"])
def test_images_are_taken_as_torch_has_them(tmp_path: Path, images: np.ndarray, turned: Any) -> None:
    export_representation(VAE(), tmp_path / "out", turned(images), formats=["torchscript"])
    with torch.no_grad():
        mean = VAE().moments(torch.from_numpy(images.transpose(0, 3, 1, 2)))[0].numpy()
    np.testing.assert_allclose(load_representation(tmp_path / "out")(images), mean, atol=1e-5)
