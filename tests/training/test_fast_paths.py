"""Fast paths of training against PyTorch's checked ones: any strides, sizes and types that layers can meet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from unbraid.common.errors import DataError
from unbraid.ground_truth.bases.byte_images import BLACK_OR_WHITE, OUT_OF_255, ByteImages
from unbraid.ground_truth.ground_truth_data import GridGroundTruth
from unbraid.training.data.image_loader import ByteLoader, FloatLoader, ResidentLoader
from unbraid.training.losses.reconstruction import bernoulli_probs_loss
from unbraid.training.speed.fast_layers import TransposedConvolution, use_fast_layers

# Ways in which the same values of a tensor of four axes can lie in memory.
LAYOUTS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "contiguous": lambda values: values.contiguous(),
    "channels last": lambda values: values.contiguous(memory_format=torch.channels_last),
    "transposed": lambda values: values.transpose(2, 3).contiguous().transpose(2, 3),
    "batch last": lambda values: values.permute(1, 2, 3, 0).contiguous().permute(3, 0, 1, 2),
    "every other": lambda values: values.repeat_interleave(2, dim=3)[..., ::2],
    "a part": lambda values: functional.pad(values, (1, 2, 1, 0))[:, :, 1:, 1:-2],
    "one image repeated": lambda values: values[:1].expand_as(values),
}
TOLERANCES = {torch.float64: 1e-10, torch.float32: 2e-5, torch.bfloat16: 3e-2}


def pixels(shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64).to(dtype)


@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("pull_layout", LAYOUTS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_transposed_convolutions(layout: str, pull_layout: str, channels: int, dtype: torch.dtype) -> None:
    images = LAYOUTS[layout](pixels((3, 4, 5, 3), dtype)).requires_grad_()
    weight = LAYOUTS[layout](pixels((4, channels, 4, 4), dtype)).requires_grad_()
    bias = pixels((2 * channels,), dtype)[::2].requires_grad_()
    pull = LAYOUTS[pull_layout](pixels((3, channels, 10, 6), dtype))
    assert_same(TransposedConvolution.apply, functional.conv_transpose2d, [images, weight, bias], pull, dtype)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (0, 4, 3, 3), (2, 1, 1, 9), (1, 5, 7, 1)])
@pytest.mark.parametrize("frozen", [(), (0,), (1,), (2,), (0, 1)])
def test_transposed_convolutions_of_odd_sizes_and_with_frozen_parts(shape: tuple[int, ...],
                                                                    frozen: tuple[int, ...]) -> None:
    inputs = [pixels(size, torch.float64).requires_grad_(number not in frozen)
              for number, size in enumerate((shape, (shape[1], 1, 4, 4), (1,)))]
    pull = pixels((shape[0], 1, 2 * shape[2], 2 * shape[3]), torch.float64)
    assert_same(TransposedConvolution.apply, functional.conv_transpose2d, inputs, pull, torch.float64)


def assert_same(ours: Callable, theirs: Callable, inputs: list[torch.Tensor], pull: torch.Tensor,
                dtype: torch.dtype) -> None:
    """Values and gradients of both, the latter computed in double precision where the type is a lower one."""
    options, tolerance = ((2, 2), (1, 1)), TOLERANCES[dtype]
    free = [tensor for tensor in inputs if tensor.requires_grad]
    output = ours(*inputs, *options)
    doubles = [tensor.detach().double().requires_grad_(tensor.requires_grad) for tensor in inputs]
    expected = theirs(*doubles, *options)
    compare(output, expected, tolerance)
    for found, wanted in zip(torch.autograd.grad(output, free, pull), torch.autograd.grad(
            expected, [tensor for tensor in doubles if tensor.requires_grad], pull.double()), strict=True):
        compare(found, wanted, tolerance)


def compare(found: torch.Tensor, expected: torch.Tensor, tolerance: float) -> None:
    scale = max(1.0, float(expected.detach().abs().max())) if expected.numel() else 1.0
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=tolerance * scale)


def test_a_layer_takes_an_image_without_a_batch() -> None:
    layer = nn.ConvTranspose2d(4, 1, 4, 2, 1)
    image = torch.randn(4, 3, 5)
    expected = layer(image)
    use_fast_layers(nn.Sequential(layer), "cpu")
    torch.testing.assert_close(layer(image), expected)


def test_autocast_leaves_double_precision_alone() -> None:
    layer = nn.ConvTranspose2d(4, 1, 4, 2, 1).double()
    images = torch.randn(2, 4, 3, 5, dtype=torch.float64)
    use_fast_layers(nn.Sequential(layer), "cpu")
    with torch.autocast("cpu", torch.bfloat16):
        output = layer(images)
    torch.testing.assert_close(output, functional.conv_transpose2d(images, layer.weight, layer.bias, 2, 1))


def test_a_relu_that_others_share_does_not_overwrite() -> None:
    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.activation = nn.ReLU()
            self.layers = nn.Sequential(nn.Linear(4, 4), self.activation)

        def forward(self, values: torch.Tensor) -> torch.Tensor:
            hidden = self.layers(values)
            return values + self.activation(values) + hidden

    model, values = Residual(), torch.randn(3, 4)
    expected = model(values.clone())
    use_fast_layers(model, "cpu")
    torch.testing.assert_close(model(values.clone()), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)  # losses never see a lower one
@pytest.mark.parametrize("image_layout", LAYOUTS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_cross_entropies_of_probabilities(layout: str, image_layout: str, dtype: torch.dtype) -> None:
    logits = LAYOUTS[layout](4 * pixels((3, 2, 5, 3), dtype)).detach().requires_grad_()
    images = LAYOUTS[image_layout](torch.rand(3, 2, 5, 3, dtype=torch.float64).round(decimals=1).to(dtype))
    loss = bernoulli_probs_loss(images, logits, "logits")
    doubles = logits.detach().double().requires_grad_()
    probabilities = torch.sigmoid(doubles)
    expected = functional.binary_cross_entropy(probabilities, images.double(), reduction="sum")
    compare(loss, expected, TOLERANCES[dtype])
    compare(*(torch.autograd.grad(value, inputs)[0] for value, inputs in ((loss, logits), (expected, doubles))),
            TOLERANCES[dtype])


def test_cross_entropies_at_the_ends_are_bounded() -> None:
    logits = torch.tensor([[[[-200.0, 200.0, -200.0, 200.0, 0.0]]]], requires_grad=True)
    images = torch.tensor([[[[0.0, 0.0, 1.0, 1.0, 0.3]]]])
    loss = bernoulli_probs_loss(images, logits, "logits")
    expected = functional.binary_cross_entropy(torch.sigmoid(logits), images, reduction="sum")
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(*(torch.autograd.grad(value, logits)[0] for value in (loss, expected)))


def test_images_of_another_shape_are_refused_as_by_pytorch() -> None:
    with pytest.raises(ValueError, match="target size"):
        bernoulli_probs_loss(torch.rand(2, 1, 4, 4), torch.randn(2, 3, 4, 4), "logits")


class Bytes(ByteImages, GridGroundTruth):
    """Bytes that lie in memory in any way."""

    grid_factor_names, grid_factor_sizes, image_shape = ("a",), (6,), (4, 6, 3)
    images = np.random.RandomState(0).randint(256, size=(6, 4, 6, 3)).astype(np.uint8)

    def __init__(self, arrange: Callable[[np.ndarray], np.ndarray], pixel_values: np.ndarray = OUT_OF_255):
        self.arrange, self.pixel_values = arrange, pixel_values

    def raw(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        return self.arrange(self.images[indices])


ARRANGEMENTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "column by column": np.asfortranarray,
    "mirrored": lambda raw: raw[:, :, ::-1],
    "other channels first": lambda raw: raw[..., ::-1],
    "every other": lambda raw: raw.repeat(2, axis=1)[:, ::2],
    "read only": lambda raw: np.frombuffer(raw.tobytes(), dtype=np.uint8).reshape(raw.shape),
    "channels first": lambda raw: np.ascontiguousarray(raw.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1),
    "wide integers": lambda raw: raw.astype(np.int64),
    "other byte order": lambda raw: raw.astype(">i4"),
}


@pytest.mark.parametrize("loader", [FloatLoader, ByteLoader, ResidentLoader])
@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.filterwarnings("error")
def test_loaders_take_bytes_in_any_layout(arrangement: str, loader: type) -> None:
    data = Bytes(ARRANGEMENTS[arrangement])
    load = loader("cpu") if loader is FloatLoader else loader(data, "cpu")
    observations = data.sample_observations(9, np.random.RandomState(0))[::-1]
    expected = OUT_OF_255[data.raw(observations.indices)].transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(load(observations).numpy(), expected)


class Floats(Bytes):
    """Floats that lie in memory in any way."""

    def render(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        return self.arrange(self.images[indices] / np.float32(255))


@pytest.mark.parametrize("arrange", [np.asfortranarray, lambda images: images[..., ::-1],
                                     lambda images: images.astype(">f4"), lambda images: images.astype(np.float64)])
def test_the_float_loader_takes_images_in_any_layout(arrange: Callable[[np.ndarray], np.ndarray]) -> None:
    observations = Floats(arrange).sample_observations(9, np.random.RandomState(0))
    expected = np.asarray(observations).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(FloatLoader("cpu")(observations).numpy(), expected.astype(np.float32))


@pytest.mark.parametrize("loader", [FloatLoader, ByteLoader, ResidentLoader])
def test_a_byte_without_a_meaning_is_refused(loader: type) -> None:
    data = Bytes(lambda raw: 2 * (raw > 9).astype(np.uint8), BLACK_OR_WHITE)
    with pytest.raises(DataError, match="holds 2, but its pixel_values say what 0 to 1 mean"):
        (loader("cpu") if loader is FloatLoader else loader(data, "cpu"))(
            data.sample_observations(9, np.random.RandomState(0)))
