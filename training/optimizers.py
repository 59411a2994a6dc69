"""Optimizers and learning-rate schedules under the names disentanglement_lib's configs use.

This is the one module that registers torch classes for gin."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import gin
import torch

from ..common.errors import ConfigurationError

Schedule = Callable[..., float]
OptimizerFn = Callable[..., torch.optim.Optimizer]

CLIP_EPSILON = 1e-6  # added to the norm that is divided by, as torch.nn.utils.clip_grad_norm_ does


class ScheduledOptimizer:
    """An optimizer with its parameters, its learning rate as a function of the step, and a bound on the gradient.

    Fused kernels of PyTorch walk through memory and ignore strides: on the CPU a gradient stored in another order than
    its parameter moves the wrong weights without an error.  This class is therefore the only caller of an optimizer's
    `step`, and everything a kernel sees is stored in the parameter's layout."""

    def __init__(self, optimizer: torch.optim.Optimizer, schedule: Schedule | None = None,
                 clip_norm: float | None = None, warmup_steps: int = 0):
        self.optimizer = optimizer
        self.schedule = schedule
        self.clip_norm = clip_norm
        self.warmup_steps = warmup_steps
        self.rate = optimizer.defaults["lr"]
        # Groups with a learning rate of their own keep their proportion to the others'.
        self.factors = [group["lr"] / self.rate if self.rate else 1.0 for group in optimizer.param_groups]
        self.parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        self._allow_fused_kernels()

    def step(self, gradients: Sequence[torch.Tensor | None], step: int) -> None:
        """Moves the parameters by their gradients, in order; None leaves a parameter where it is."""
        for parameter, gradient in zip(self.parameters, self._clipped(gradients), strict=True):
            parameter.grad = None if gradient is None else in_layout_of(parameter, gradient)
        if self.schedule is not None or self.warmup_steps:
            rate = self.rate if self.schedule is None else self.schedule(global_step=step)
            warmth = step / self.warmup_steps if step < self.warmup_steps else 1.0
            for group, factor in zip(self.optimizer.param_groups, self.factors, strict=True):
                group["lr"] = factor * warmth * rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """Returns the optimizer's state as tensors and plain data."""
        return self.optimizer.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restores a `state_dict`, whatever memory layout its tensors were saved in; settings stay those given.

        Raises ValueError for moments that do not belong to the parameters."""
        self.optimizer.load_state_dict({"state": state["state"],
                                        "param_groups": self.optimizer.state_dict()["param_groups"]})
        self._check_moments()
        for parameter, moments in self.optimizer.state.items():
            moments.update({name: in_layout_of(parameter, value) for name, value in moments.items()
                            if isinstance(value, torch.Tensor) and value.shape == parameter.shape})
        self._allow_fused_kernels()

    def _check_moments(self) -> None:
        expected = _names_of_moments(self.optimizer)
        for parameter in self.parameters:
            moments = self.optimizer.state.get(parameter, {})
            shapes = {tuple(moment.shape) for moment in moments.values() if torch.is_tensor(moment)}
            if moments and (moments.keys() != expected or not shapes <= {(), tuple(parameter.shape)}):
                raise ValueError(f"the optimizer's state has {', '.join(map(str, moments))} of shapes {shapes} for a "
                                 f"parameter of shape {tuple(parameter.shape)}; expected {', '.join(expected)}")

    def _clipped(self, gradients: Sequence[torch.Tensor | None]) -> Sequence[torch.Tensor | None]:
        """Scales gradients to the allowed global norm.

        Not in place, as torch's clip_grad_norm_: autograd may return one tensor, or an expanded one, for several
        parameters."""
        if self.clip_norm is None:
            return gradients
        norm = torch.nn.utils.get_total_norm([gradient for gradient in gradients if gradient is not None])
        scale = (self.clip_norm / (norm + CLIP_EPSILON)).clamp(max=1.0)
        return [None if gradient is None else gradient * scale for gradient in gradients]

    def _allow_fused_kernels(self) -> None:
        """Leaves fused kernels on only for parameters whose layout every new tensor can take over."""
        for group in self.optimizer.param_groups:
            if group.get("fused"):
                group["fused"] = all(parameter.stride() == torch.empty_like(parameter).stride()
                                     for parameter in group["params"])


def in_layout_of(parameter: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Returns `value`, copied where its strides differ from the parameter's.  Both have one shape."""
    if value.stride() == parameter.stride():
        return value
    return torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def _names_of_moments(optimizer: torch.optim.Optimizer) -> Collection[str]:
    """What an optimizer of this kind and these settings keeps for each parameter, found by a step on a tiny one."""
    parameter = torch.nn.Parameter(torch.zeros(1))
    tiny = type(optimizer)([parameter], **optimizer.defaults)
    parameter.grad = torch.zeros(1)
    tiny.step()
    return tiny.state[parameter].keys()


def make_optimizer(parameters: Iterable[Any], optimizer_fn: OptimizerFn,
                   learning_rate: float | Schedule | None, clip_norm: float | None,
                   warmup_steps: int = 0) -> ScheduledOptimizer:
    """parameters: tensors, or groups as torch takes them.  learning_rate: None for the optimizer's own, a number, or a
    function of `global_step`.  warmup_steps: during which it rises linearly from 0."""
    schedule = learning_rate if callable(learning_rate) else None
    initial = learning_rate if schedule is None else schedule(global_step=0)
    optimizer = optimizer_fn(list(parameters), **({} if initial is None else {"learning_rate": initial}))
    return ScheduledOptimizer(optimizer, schedule, clip_norm, warmup_steps)


@gin.configurable("vae_optimizer", denylist=["parameters"])
def make_vae_optimizer(parameters: Iterable[Any], optimizer_fn: OptimizerFn = gin.REQUIRED,
                       learning_rate: float | Schedule | None = None,
                       clip_norm: float | None = None, warmup_steps: int = 0) -> ScheduledOptimizer:
    """The optimizer of encoder and decoder.  clip_norm: bound on the gradient's global norm, None for none.

    warmup_steps: steps in which the learning rate rises from 0."""
    return make_optimizer(parameters, optimizer_fn, learning_rate, clip_norm, warmup_steps)


@gin.configurable("discriminator_optimizer", denylist=["parameters"])
def make_discriminator_optimizer(parameters: Iterable[Any], optimizer_fn: OptimizerFn = gin.REQUIRED,
                                 learning_rate: float | Schedule | None = None,
                                 clip_norm: float | None = None) -> ScheduledOptimizer:
    """The optimizer of FactorVAE's discriminator."""
    return make_optimizer(parameters, optimizer_fn, learning_rate, clip_norm)


@gin.configurable("AdamOptimizer", denylist=["parameters"])
def adam(parameters: Iterable[Any], learning_rate: float = 0.001, beta1: float = 0.9, beta2: float = 0.999,
         epsilon: float = 1e-8, weight_decay: float = 0.0, name: str = "Adam",
         use_locking: bool = False) -> torch.optim.Adam:
    """Adam (arXiv:1412.6980).  `name` and `use_locking` are TensorFlow's and have no effect.

    TensorFlow adds epsilon before its bias correction and PyTorch after it; at 1e-8 the two cannot be told apart."""
    return torch.optim.Adam(parameters, lr=learning_rate, betas=(beta1, beta2), eps=epsilon, weight_decay=weight_decay,
                            fused=True)


@gin.configurable("GradientDescentOptimizer", denylist=["parameters"])
def gradient_descent(parameters: Iterable[Any], learning_rate: float = gin.REQUIRED, momentum: float = 0.0,
                     weight_decay: float = 0.0) -> torch.optim.SGD:
    """Gradient descent; plain unless it has momentum or weight decay."""
    return torch.optim.SGD(parameters, lr=learning_rate, momentum=momentum, weight_decay=weight_decay)


@gin.configurable("RMSPropOptimizer", denylist=["parameters"])
def rms_prop(parameters: Iterable[Any], learning_rate: float = gin.REQUIRED, decay: float = 0.9, momentum: float = 0.0,
             epsilon: float = 1e-10) -> torch.optim.RMSprop:
    """RMSProp with TensorFlow's defaults."""
    return torch.optim.RMSprop(parameters, lr=learning_rate, alpha=decay, momentum=momentum, eps=epsilon)


@gin.configurable("piecewise_constant", denylist=["global_step"])
def piecewise_constant(global_step: int, boundaries: Sequence[int] = gin.REQUIRED,
                       values: Sequence[float] = gin.REQUIRED) -> float:
    """values[i] up to and including step boundaries[i], the last value after that."""
    if len(values) != len(boundaries) + 1:
        raise ConfigurationError(f"piecewise_constant has {len(boundaries)} boundaries and {len(values)} values; "
                                 "expected one value more than boundaries.")
    return values[sum(global_step > boundary for boundary in boundaries)]


@gin.configurable("exponential_decay", denylist=["global_step"])
def exponential_decay(global_step: int, learning_rate: float = gin.REQUIRED, decay_steps: int = gin.REQUIRED,
                      decay_rate: float = gin.REQUIRED, staircase: bool = False) -> float:
    """learning_rate * decay_rate ** (global_step / decay_steps); whole powers only with `staircase`."""
    power = global_step / decay_steps
    return learning_rate * decay_rate ** (int(power) if staircase else power)


@gin.configurable("linear_decay", denylist=["global_step"])
def linear_decay(global_step: int, learning_rate: float = gin.REQUIRED, decay_until: int = gin.REQUIRED,
                 decay_from: int = 0) -> float:
    """learning_rate up to step decay_from, then linearly down to 0 at step decay_until."""
    if decay_until <= decay_from:
        raise ConfigurationError(f"linear_decay.decay_until is {decay_until}; expected more than "
                                 f"linear_decay.decay_from, {decay_from}.")
    return learning_rate * min(1.0, max(0.0, (decay_until - global_step) / (decay_until - decay_from)))
