"""Jacobian columns: exact where the decoder is known, and the same by both methods."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.evaluation.visualize.jacobian import (
    coloured,
    column_norms,
    draw_jacobian,
    jacobian_difference,
    jacobian_forward,
)
from unbraid.evaluation.visualize.model import MissingPartError, Model, open_model
from unbraid.evaluation.visualize.shared.options import Options
from unbraid.export.errors import ArtifactError
from unbraid.export.files.record import Record
from unbraid.export.formats.torch_runner import TorchRunner
from unbraid.export.reading.decoder import Decoder


class Linear(torch.nn.Module):
    """Images are linear in the codes: the weights are the Jacobian."""

    def __init__(self, num_latents: int):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(num_latents, 3, 6, 5, generator=torch.Generator().manual_seed(0)))

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        return torch.einsum("nd,dchw->nchw", codes, self.weight)


@pytest.fixture
def linear() -> tuple[Decoder, np.ndarray]:
    """A decoder, and its Jacobian (D, H, W, C)."""
    module, record = Linear(4), Record("decoder", [3, 6, 5], 4)
    traced = torch.jit.trace(module, torch.zeros(2, 4), check_trace=False)
    decoder = Decoder(Path("decoder.pt"), "torchscript", TorchRunner(traced, "cpu", record), record)
    return decoder, module.weight.detach().numpy().transpose(0, 2, 3, 1)


def codes(num: int = 3) -> np.ndarray:
    return np.random.RandomState(0).normal(size=(num, 4)).astype(np.float32)


def test_forward_mode_gives_the_weights_of_a_linear_decoder(linear: tuple[Decoder, np.ndarray]) -> None:
    decoder, weight = linear
    np.testing.assert_array_equal(jacobian_forward(decoder, codes()), np.broadcast_to(weight, (3, *weight.shape)))


def test_differences_give_the_weights_of_a_linear_decoder(linear: tuple[Decoder, np.ndarray]) -> None:
    decoder, weight = linear
    np.testing.assert_allclose(jacobian_difference(decoder, codes(), columns=[2, 0]),
                               np.broadcast_to(weight[[2, 0]], (3, 2, *weight.shape[1:])), atol=2e-4)


def test_both_formats_of_torch_agree_with_reverse_mode(model: Model, decoder: torch.nn.Module) -> None:
    point = codes(1)
    expected = torch.func.jacrev(lambda code: decoder(code[None])[0])(torch.from_numpy(point[0])).detach().numpy()
    for backend in ("torchscript", "export"):
        opened = open_model(model.path, backend).decoder
        np.testing.assert_allclose(jacobian_forward(opened, point)[0], expected.transpose(3, 1, 2, 0), atol=1e-6)


def test_forward_mode_and_differences_agree_on_a_curved_decoder(model: Model) -> None:
    assert model.differentiable_decoder is not None
    forward = jacobian_forward(model.differentiable_decoder, codes(70))  # more than one batch of rows
    difference = jacobian_difference(model.decoder, codes(70))
    assert np.abs(forward).max() > 0.1
    np.testing.assert_allclose(forward, difference, atol=5e-5)


def test_norms_are_sums_of_absolute_values() -> None:
    jacobian = np.zeros((1, 2, 2, 2, 1))
    jacobian[0, 1, :, 0, 0] = [-2, 3]
    assert column_norms(jacobian).tolist() == [[0, 5]]


def test_colours_are_blue_below_zero_and_red_above() -> None:
    below, zero, above = coloured(np.array([-1.0, 0.0, 1.0]).reshape(3, 1, 1, 1), 1.0)[:, 0, 0]
    assert below[2] > below[0]
    assert above[0] > above[2]
    np.testing.assert_allclose(zero, zero[0], atol=0.01)
    assert coloured(np.array([[[0.0, 2.0, -2.0]]]), 2.0).tolist() == [[[0.5, 1, 0]]]


def test_onnx_alone_gives_finite_differences_and_says_so(copied: Callable[..., Path]) -> None:
    only_onnx = open_model(copied("decoder.pt", "decoder.pt2"))
    options = Options(num_images=1)
    with pytest.raises(ArtifactError, match="cannot be differentiated: an ONNX graph holds no derivatives"):
        only_onnx.decoder.derivative(codes(), codes())
    (drawing,) = draw_jacobian(only_onnx, options)
    assert drawing.name == "jacobian_difference"
    assert "an ONNX decoder has no derivatives" in drawing.figure.texts[0].get_text()  # type: ignore[union-attr]
    with pytest.raises(MissingPartError, match=r"ONNX only, which has no derivatives\. Use --method difference"):
        list(draw_jacobian(only_onnx, Options(method="forward", num_images=1)))
