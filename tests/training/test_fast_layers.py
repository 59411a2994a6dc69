"""Layers computed otherwise: the numbers and gradients of PyTorch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from unbraid.training.architectures.registry import build
from unbraid.training.losses.decoder_jacobian import jacobian_penalty
from unbraid.training.speed.fast_layers import TransposedConvolution, plain_layers, use_fast_layers


@pytest.mark.parametrize("shape", [(3, 5, 4, 6), (2, 8, 1, 1), (1, 1, 7, 2)])
@pytest.mark.parametrize(("channels", "kernel", "stride", "padding"), [(1, 4, 2, 1), (3, 4, 2, 1), (1, 4, 2, 0),
                                                                       (1, 3, 1, 1)])
def test_values_and_gradients_are_pytorchs(shape: tuple[int, ...], channels: int, kernel: int, stride: int,
                                           padding: int) -> None:
    options = ((stride, stride), (padding, padding))
    images = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(shape[1], channels, kernel, kernel, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(channels, dtype=torch.float64, requires_grad=True)
    ours = TransposedConvolution.apply(images, weight, bias, *options)
    theirs = functional.conv_transpose2d(images, weight, bias, *options)
    torch.testing.assert_close(ours, theirs)
    pull = torch.randn_like(theirs)
    for first, second in zip(torch.autograd.grad(ours, (images, weight, bias), pull),
                             torch.autograd.grad(theirs, (images, weight, bias), pull), strict=True):
        torch.testing.assert_close(first, second)


def test_relus_after_layers_work_in_place_and_others_do_not() -> None:
    stack = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Sequential(nn.ReLU(), nn.Conv2d(1, 1, 1), nn.ReLU()),
                          nn.Sigmoid(), nn.ReLU())
    use_fast_layers(nn.ModuleDict({"stack": stack}), "cpu")
    inner = stack[2]
    assert [relu.inplace for relu in (stack[1], inner[0], inner[2], stack[4])] == [True, False, True, False]


@pytest.mark.parametrize(("encoder", "decoder"), [("jl1_encoder", "jl1_decoder"), ("conv_encoder", "deconv_decoder")])
def test_networks_and_their_gradients_are_the_same(encoder: str, decoder: str) -> None:
    arguments = {"image_shape": [1, 64, 64], "num_latent": 4}
    model = nn.ModuleDict({name: build({"name": name, "arguments": arguments}) for name in (encoder, decoder)})
    images = torch.rand(3, 1, 64, 64)

    def gradients() -> tuple[torch.Tensor, ...]:
        mean, log_variance = model[encoder](images)
        loss = (model[decoder](mean) - images).square().sum() + log_variance.sum()
        return (loss, *torch.autograd.grad(loss, list(model.parameters())))

    plain = gradients()
    use_fast_layers(model, "cpu")
    for ours, theirs in zip(gradients(), plain, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    assert model.state_dict().keys() == nn.ModuleDict(model).state_dict().keys()


@pytest.mark.parametrize("jacobian", ["fd", "jvp"])
def test_the_jacobian_is_the_same(jacobian: str) -> None:
    decoder = build({"name": "jl1_decoder", "arguments": {"image_shape": [1, 64, 64], "num_latent": 3}}).double()
    latents, parameters = torch.randn(2, 3, dtype=torch.float64), list(decoder.parameters())
    plain = jacobian_penalty(decoder, parameters, latents, jacobian=jacobian)
    use_fast_layers(decoder, "cpu")
    torch.testing.assert_close(jacobian_penalty(decoder, parameters, latents, jacobian=jacobian), plain)


def test_mixed_precision_reaches_them_and_their_gradients() -> None:
    arguments = {"image_shape": [1, 64, 64], "num_latent": 4}
    decoder, latents = build({"name": "deconv_decoder", "arguments": arguments}), torch.randn(3, 4)

    def gradients() -> tuple[torch.Tensor, ...]:
        with torch.autocast("cpu", torch.bfloat16):
            logits = decoder(latents)
        return logits, *torch.autograd.grad(logits.float().square().sum(), list(decoder.parameters()))

    plain = gradients()
    use_fast_layers(decoder, "cpu")
    for ours, theirs in zip(gradients(), plain, strict=True):
        assert ours.dtype == theirs.dtype
        torch.testing.assert_close(ours, theirs, rtol=0.05, atol=0.02 * float(theirs.detach().abs().max()))


def test_plain_layers_are_pytorchs_to_the_bit() -> None:
    decoder = nn.ModuleDict({"layers": nn.Sequential(nn.ConvTranspose2d(4, 1, 4, 2, 1))})
    images = torch.randn(2, 4, 8, 8)
    expected = decoder["layers"](images)
    use_fast_layers(decoder, "cpu")
    with plain_layers():
        assert torch.equal(decoder["layers"](images), expected)
    assert not torch.equal(decoder["layers"](images), expected)


def test_other_layers_and_other_devices_are_left_alone() -> None:
    layers = [nn.ConvTranspose2d(4, 2, 4, 2, 1, groups=2), nn.ConvTranspose2d(4, 1, 4, 2, 1, output_padding=1),
              nn.ConvTranspose2d(4, 1, 4, dilation=2), nn.ConvTranspose2d(4, 1, 4, bias=False), nn.Conv2d(4, 1, 4)]
    on_gpu = nn.ConvTranspose2d(4, 1, 4, 2, 1)
    use_fast_layers(nn.Sequential(*layers), "cpu")
    use_fast_layers(nn.Sequential(on_gpu), "cuda")
    assert all("forward" not in vars(layer) for layer in [*layers, on_gpu])
