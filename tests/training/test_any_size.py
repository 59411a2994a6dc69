"""The network for any size: shapes, growth with the image, and the way through a checkpoint."""

import pytest
import torch

from unbraid.common.errors import UserError
from unbraid.training.architectures.any_size import channels_of, halved_sizes
from unbraid.training.architectures.registry import build


@pytest.mark.parametrize("size", [(8, 8), (16, 16), (28, 28), (32, 32), (48, 48), (64, 64), (96, 96), (100, 100),
                                  (128, 128), (218, 178), (224, 224), (256, 256), (33, 65)])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_size_goes_in_and_comes_out(size, channels):
    options = {"image_shape": [channels, *size], "num_latent": 5, "base_channels": 4, "hidden": 8}
    encoder = build({"name": "any_size_encoder", "arguments": options})
    decoder = build({"name": "any_size_decoder", "arguments": options})
    mean, log_variance = encoder(torch.rand(2, channels, *size))
    assert mean.shape == log_variance.shape == (2, 5)
    assert decoder(mean).shape == (2, channels, *size)
    assert build(encoder.description)(torch.rand(2, channels, *size))[0].shape == (2, 5)


def test_images_are_halved_until_four_to_seven_pixels_are_left():
    assert halved_sizes([3, 64, 64]) == [(64, 64), (32, 32), (16, 16), (8, 8), (4, 4)]
    assert halved_sizes([3, 28, 28])[-1] == (7, 7)
    assert all(4 <= min(halved_sizes([1, side, side])[-1]) <= 7 for side in range(8, 300))
    assert channels_of(7, 32) == [32, 32, 64, 64, 128, 128, 256]


def test_every_pixel_counts_and_every_parameter_has_a_gradient():
    options = {"image_shape": [1, 33, 45], "num_latent": 3}
    encoder = build({"name": "any_size_encoder", "arguments": options})
    decoder = build({"name": "any_size_decoder", "arguments": options})
    images = torch.rand(2, 1, 33, 45, requires_grad=True)
    mean, log_variance = encoder(images)
    (decoder(mean).square().sum() + log_variance.sum()).backward()
    assert all(parameter.grad is not None for part in (encoder, decoder) for parameter in part.parameters())
    assert (images.grad[..., 1:-2, 1:-2] != 0).any(dim=0).all()


def test_images_that_are_too_small_are_one_sentence():
    with pytest.raises(UserError, match=r"at least 8x8 pixels, but the data set's are 7x9"):
        build({"name": "any_size_encoder", "arguments": {"image_shape": [1, 7, 9], "num_latent": 2}})
