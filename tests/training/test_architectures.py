"""Networks: sizes, initial weights, and the plain data they are rebuilt from."""

import math

import gin
import pytest
import torch
from torch import nn

from unbraid.common.errors import UnknownNameError, UserError
from unbraid.training.architectures.registry import architectures, build
from unbraid.training.running.train import train  # noqa: F401  (registers every architecture for gin)

# Parameters with 10 latents, from the published code: (C = 1, C = 3).
NUM_PARAMETERS = {
    "conv_encoder": (309_204, 310_228),
    "deconv_decoder": (381_313, 382_339),
    "fc_encoder": (6_381_620, 16_212_020),
    "fc_decoder": (7_814_896, 17_653_488),
    "burgess_encoder": (252_052, 253_076),
    "burgess_decoder": (249_953, 250_979),
    "gist_lie_encoder": (295_704, None),
    "gist_lie_decoder": (405_353, None),
    "lie_conv_encoder": (492_312, None),
    "lie_conv_decoder": (405_353, None),
    "jl1_encoder": (186_324, 187_348),
    "jl1_decoder": (381_313, 382_339),
}
# Tested with the checkpoints that have them.
NEEDS_SIZES = ("jl1_any_encoder", "jl1_any_decoder", "sequential_encoder", "sequential_decoder")
IMAGE_NETWORKS = sorted(name for name in architectures()
                        if name.endswith(("encoder", "decoder")) and name not in NEEDS_SIZES)


def make(name: str, channels: int = 1, side: int = 64, num_latent: int = 10) -> nn.Module:
    side = 16 if "tiny16" in name else side
    return build({"name": name, "arguments": {"image_shape": [channels, side, side], "num_latent": num_latent}})


def num_parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", NUM_PARAMETERS)
def test_number_of_parameters_is_the_published_one(name: str, channels: int) -> None:
    expected = NUM_PARAMETERS[name][channels == 3]
    if expected is None:
        pytest.skip("published with other sizes only")
    assert num_parameters(make(name, channels)) == expected


@pytest.mark.parametrize(("name", "arguments", "expected"), [
    ("fc_discriminator", {"num_latent": 10}, 5_018_002),
    ("disvae_discriminator", {"num_latent": 10}, 4_017_002),
    ("gist_cnn_encoder", {"image_shape": [1, 64, 64], "num_latent": 10, "num_hidden": 128}, 150_868),
    ("gist_cnn_decoder", {"image_shape": [1, 64, 64], "num_latent": 10, "num_hidden": 128}, 248_833),
    ("gist_cnn_encoder", {"image_shape": [3, 64, 64], "num_latent": 10}, 187_348),
    ("gist_cnn_decoder", {"image_shape": [3, 64, 64], "num_latent": 10}, 382_339),
    ("lie_conv_encoder", {"image_shape": [3, 64, 64], "num_latent": 10, "subgroup_sizes": [400]}, 1_796_836),
    ("lie_conv_decoder", {"image_shape": [3, 64, 64], "num_latent": 10, "subgroup_sizes": [400]}, 486_179),
])
def test_number_of_parameters_with_these_arguments(name: str, arguments: dict, expected: int) -> None:
    assert num_parameters(build({"name": name, "arguments": arguments})) == expected


@pytest.mark.parametrize("name", ["burgess_encoder", "burgess_decoder"])
def test_burgess_networks_take_small_images_too(name: str) -> None:
    network = make(name, side=32)
    assert network(torch.rand(2, 1, 32, 32) if name.endswith("encoder") else torch.rand(2, 10))[0].shape is not None
    deep = make(name, side=64)
    assert num_parameters(deep) - num_parameters(network) == 32 * 32 * 16 + 32


def test_burgess_weights_start_kaiming_uniform() -> None:
    for module in make("burgess_decoder").modules():
        if isinstance(module, (nn.Linear, nn.ConvTranspose2d)):
            bound = math.sqrt(6 / nn.init._calculate_fan_in_and_fan_out(module.weight)[0])
            assert 0.9 * bound < float(module.weight.abs().max()) <= bound


@pytest.mark.parametrize(("name", "bound"), [("lie_conv_decoder", 0.006), ("gist_lie_decoder", 0.2335)])
def test_lie_bases_start_where_the_source_has_them(name: str, bound: float) -> None:
    largest = float(make(name).algebra.bases[0].abs().max())
    assert bound / 2 < largest <= bound


@pytest.mark.parametrize("name", IMAGE_NETWORKS)
def test_shapes(name: str) -> None:
    side = 16 if "tiny16" in name else 64
    network = make(name)
    if name.endswith("encoder"):
        outputs = network(torch.rand(3, 1, side, side))
        assert [tuple(output.shape) for output in outputs] == [(3, 10), (3, 10)]
    else:
        assert network(torch.randn(3, 10)).shape == (3, 1, side, side)


@pytest.mark.parametrize("name", IMAGE_NETWORKS)
def test_description_rebuilds_the_network_that_gin_made(name: str) -> None:
    side = 16 if "tiny16" in name else 64
    made = gin.get_configurable(name)(image_shape=(1, side, side), num_latent=5)
    rebuilt = build(made.description)
    rebuilt.load_state_dict(made.state_dict())
    assert rebuilt.description == made.description
    assert made.description["arguments"]["image_shape"] == [1, side, side]


@pytest.mark.parametrize("name", ["conv_encoder", "deconv_decoder"])
def test_dlib_networks_start_glorot_uniform_with_zero_biases(name: str) -> None:
    for module in make(name).modules():
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(module.weight)
            bound = math.sqrt(6 / (fan_in + fan_out))
            assert 0.9 * bound < float(module.weight.abs().max()) <= bound
            assert not module.bias.any()


@pytest.mark.parametrize(("name", "expected"), [("jl1_encoder", -3.0), ("conv_encoder", 0.0)])
def test_log_variance_bias_starts_where_the_source_has_it(name: str, expected: float) -> None:
    head = make(name).head
    assert float(head.log_variance.bias.mean()) == pytest.approx(expected, abs=0.05)
    assert float(head.mean.bias.mean()) == pytest.approx(0, abs=0.05)


def test_log_variance_bias_can_be_set() -> None:
    network = build({"name": "conv_encoder", "arguments": {"image_shape": [1, 64, 64], "num_latent": 3,
                                                           "logvar_bias_init": -2.0}})
    assert network.head.log_variance.bias.tolist() == [-2.0] * 3


@pytest.mark.parametrize("name", [name for name in IMAGE_NETWORKS
                                  if not name.startswith(("any_size", "fc", "test", "mipet"))])
def test_images_of_the_wrong_size_are_refused(name: str) -> None:
    with pytest.raises(UserError, match=f"'{name}' takes .* images, but the data set's are 65x65; add gin_config="):
        build({"name": name, "arguments": {"image_shape": [1, 65, 65], "num_latent": 3}})


def test_a_decoder_of_transformed_latents_needs_one() -> None:
    with pytest.raises(UserError, match="mipet_decoder has 0 transformations of 2 factors; expected at least one"):
        build({"name": "mipet_decoder", "arguments": {"image_shape": [1, 64, 64], "num_latent": 3,
                                                      "num_transformations": 0}})


def test_tiny_networks_refuse_colour() -> None:
    with pytest.raises(UserError, match="'jl1_tiny16_decoder' takes 1 channel, but the data set's images have 3"):
        make("jl1_tiny16_decoder", channels=3)


def test_unknown_architecture_gets_suggestions() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown architecture 'conv_enkoder'. Did you mean conv_encoder"):
        build({"name": "conv_enkoder", "arguments": {}})


def test_arguments_an_architecture_does_not_take_are_named() -> None:
    with pytest.raises(UserError, match=r"'test_encoder' cannot be built: .*'depth'"):
        build({"name": "test_encoder", "arguments": {"image_shape": [1, 4, 4], "num_latent": 2, "depth": 3}})
