"""An update moves every parameter as PyTorch's plain optimizer does on the same gradients, whatever their layout."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from trainings import CONFIGS, every_config, training

from unbraid.training.optimizers import ScheduledOptimizer, adam, gradient_descent, make_optimizer, rms_prop
from unbraid.training.running.loop import update

OPTIMIZERS = {"adam": adam, "gradient_descent": gradient_descent, "rms_prop": rms_prop,
              "adam with weight decay": functools.partial(adam, weight_decay=0.1)}
LAST_STEP = 10**6  # every warm-up is over
TOLERANCE = 1e-6
SCALES = (1.0, -0.5, 2.0)  # of the gradients of three updates


class Plain:
    """PyTorch's optimizer, neither fused nor for lists of tensors, on contiguous copies of the parameters."""

    def __init__(self, scheduled: ScheduledOptimizer):
        optimizer = scheduled.optimizer
        self.clip_norm = scheduled.clip_norm
        groups = [{**group, "params": [contiguous(parameter).requires_grad_() for parameter in group["params"]],
                   "fused": False, "foreach": False} for group in optimizer.param_groups]
        self.optimizer = type(optimizer)(groups, lr=optimizer.defaults["lr"])
        self.parameters = [parameter for group in groups for parameter in group["params"]]

    def step(self, gradients: Any) -> None:
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter.grad = None if gradient is None else contiguous(gradient)
        if self.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.parameters, self.clip_norm, foreach=False)
        self.optimizer.step()


def contiguous(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().clone(memory_format=torch.contiguous_format)


def assert_same(scheduled: ScheduledOptimizer, plain: Plain, tolerance: float = TOLERANCE) -> None:
    for ours, theirs in zip(scheduled.parameters, plain.parameters, strict=True):
        torch.testing.assert_close(ours.detach(), theirs.detach(), rtol=0, atol=tolerance)


def scaled(gradients: Any, scale: float) -> list[torch.Tensor | None]:
    """The gradients times a number in float64, in their own layouts."""
    return [None if gradient is None else torch.empty_strided(
        gradient.shape, gradient.stride(), dtype=torch.float64).copy_(gradient * scale) for gradient in gradients]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_an_update_of_every_config(config: Path) -> None:
    assert_an_update_is_plain(config, "float32")


@pytest.mark.parametrize("config", every_config())
def test_an_update_in_bfloat16(config: Path) -> None:
    assert_an_update_is_plain(config, "bfloat16")


def assert_an_update_is_plain(config: Path, precision: str) -> None:
    with training(config, f"model.precision = '{precision}'") as state:
        losses = state.model.train()(next(state.batches), LAST_STEP)
        plain = {name: Plain(optimizer) for name, optimizer in state.optimizers.items()}
        for name, loss in losses.minimised.items():
            plain[name].step(torch.autograd.grad(loss, state.optimizers[name].parameters, retain_graph=True,
                                                 allow_unused=True))
        update(losses, state.optimizers, LAST_STEP)
        for name, optimizer in state.optimizers.items():
            assert_same(optimizer, plain[name])


@pytest.mark.parametrize("config", every_config())
def test_every_optimizer_with_clipping_and_weight_decay_and_a_resume(config: Path) -> None:
    with training(config, batch_size=2) as state:
        losses = state.model.train()(next(state.batches), LAST_STEP)
        for name, loss in losses.minimised.items():
            own = state.optimizers[name]
            gradients = torch.autograd.grad(loss, own.parameters, retain_graph=True, allow_unused=True)
            updates_with_a_resume(own, gradients, gradient_descent, 0.5)
            updates_with_a_resume(own, gradients, rms_prop, None)
            updates_with_a_resume(own, gradients, functools.partial(adam, weight_decay=0.1), 0.5)


def updates_with_a_resume(own: ScheduledOptimizer, gradients: Any, optimizer_fn: Callable[..., Any],
                          clip_norm: float | None) -> None:
    """In float64: where a gradient and the weight decay cancel, Adam magnifies the last digit of a float32."""
    scheduled = make_optimizer(copied_groups(own), optimizer_fn, 1e-4, clip_norm)
    plain = Plain(scheduled)
    for scale in (1.0, -0.5):
        scheduled.step(scaled(gradients, scale), 0)
        plain.step(scaled(gradients, scale))
        resumed = make_optimizer(copied_groups(scheduled), optimizer_fn, 1e-4, clip_norm)
        resumed.load_state_dict(through_a_file(scheduled.state_dict()))
        scheduled = resumed
    assert_same(scheduled, plain)


def copied_groups(optimizer: ScheduledOptimizer) -> list[dict[str, Any]]:
    """The parameter groups with copies of their parameters, in the same layout and in float64."""
    return [{"params": [parameter.detach().to(torch.float64, copy=True).requires_grad_()
                        for parameter in group["params"]]} for group in optimizer.optimizer.param_groups]


def through_a_file(state: dict[str, Any]) -> dict[str, Any]:
    """A state as it comes back from a checkpoint, with moments in another layout than their parameters."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    loaded = torch.load(file, weights_only=True)
    for moments in loaded["state"].values():
        moments.update({name: value.mT.contiguous().mT for name, value in moments.items()
                        if isinstance(value, torch.Tensor) and value.ndim >= 2})
    return loaded


def layouts() -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
    """(name, parameter, gradient): every way in which the two can lie in memory."""
    cube, image = torch.randn(5, 4, 3), torch.randn(6, 3, 4, 4)
    yield "contiguous", cube, torch.randn(5, 4, 3)
    yield "permuted", cube, torch.randn(3, 5, 4).permute(1, 2, 0)
    yield "transposed", torch.randn(7, 9), torch.randn(9, 7).T
    yield "channels last", image.to(memory_format=torch.channels_last), torch.randn(6, 3, 4, 4)
    yield "channels last gradient", image, torch.randn(6, 3, 4, 4).to(memory_format=torch.channels_last)
    yield "expanded", cube, torch.randn(1, 4, 1).expand(5, 4, 3)
    yield "a scalar everywhere", cube, torch.randn(()).expand(5, 4, 3)
    yield "every other", cube, torch.randn(10, 8, 3)[::2, ::2]
    yield "a part with an offset", torch.randn(4), torch.randn(9)[3:7]
    yield "sides of one", torch.randn(1, 4, 1, 3), torch.randn(3, 4).T[None, :, None]
    yield "parameter that is a part", torch.randn(6, 8)[1:5, ::2], torch.randn(4, 4)
    yield "both parts", torch.randn(6, 8)[1:5, ::2], torch.randn(4, 8)[:, ::2]
    yield "scalar", torch.randn(()), torch.randn(())
    yield "empty", torch.randn(0, 3), torch.randn(3, 0).T


LAYOUTS = {name: (parameter, gradient) for name, parameter, gradient in layouts()}


def same_layout(tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """A copy with strides of its own storage, which `clone` would close up."""
    storage = torch.zeros(1 + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(),
                                                                             strict=True) if size), dtype=dtype)
    copy = storage.as_strided(tensor.shape, tensor.stride())
    return copy.copy_(tensor) if 0 not in tensor.stride() else tensor.to(dtype)


@pytest.mark.parametrize("clip_norm", [None, 0.1])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("optimizer_fn", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_layout_of_parameter_and_gradient(layout: str, optimizer_fn: Callable[..., Any], dtype: torch.dtype,
                                              clip_norm: float | None) -> None:
    parameter, gradient = (same_layout(tensor, dtype) for tensor in LAYOUTS[layout])
    groups = [{"params": [parameter.requires_grad_()]},
              {"params": [torch.zeros(3, dtype=dtype, requires_grad=True)], "lr": 1e-4}]
    other = torch.ones(3, dtype=dtype)
    scheduled = make_optimizer(groups, optimizer_fn, 1e-2, clip_norm)
    plain = Plain(scheduled)
    for scale in SCALES:
        scheduled.step([gradient * scale if scale != 1 else gradient, other], 0)
        plain.step([gradient * scale, other])
    # The fused kernel computes in float32 and rounds once, the plain one after every operation.
    assert_same(scheduled, plain, TOLERANCE if dtype != torch.bfloat16 else 0.04)


@pytest.mark.parametrize("clip_norm", [None, 0.1])
def test_one_gradient_for_two_parameters_is_clipped_once(clip_norm: float | None) -> None:
    first, second = (torch.ones(2, 3, requires_grad=True) for _ in range(2))
    gradients = torch.autograd.grad((first + second).square().sum(), [first, second])
    assert gradients[0] is gradients[1]
    scheduled = make_optimizer([first, second], gradient_descent, 1.0, clip_norm)
    plain = Plain(scheduled)
    scheduled.step(gradients, 0)
    plain.step(gradients)
    assert_same(scheduled, plain)


def test_gradients_that_are_missing_do_not_count() -> None:
    first, second = (torch.ones(2, requires_grad=True) for _ in range(2))
    scheduled = make_optimizer([first, second], adam, 0.1, 1.0)
    scheduled.step([None, torch.ones(2)], 0)
    assert torch.equal(first, torch.ones(2))
    assert not torch.equal(second, torch.ones(2))


def test_fused_kernels_are_used_where_layouts_allow_it() -> None:
    dense, part = torch.zeros(4, 3, requires_grad=True), torch.zeros(4, 6)[:, ::2].requires_grad_()
    assert make_optimizer([dense], adam, None, None).optimizer.param_groups[0]["fused"]
    scheduled = make_optimizer([dense, part], adam, None, None)
    assert not scheduled.optimizer.param_groups[0]["fused"]
    scheduled.load_state_dict(make_optimizer([dense, dense.detach().clone().requires_grad_()], adam, None,
                                             None).state_dict())
    assert not scheduled.optimizer.param_groups[0]["fused"]
