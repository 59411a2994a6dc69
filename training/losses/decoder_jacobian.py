"""The norm of a decoder's Jacobian and its gradient.

On the CPU, all (D + 1) B decodings of a batch at once need so much memory that much of the time goes into moving it.
One latent at a time stays in the caches; and since the gradient for the parameters is always wanted together with the
value, each latent's graph is used and dropped before the next is made.  A GPU decodes all at once: there the time goes
into starting kernels, of which one latent at a time takes thirteen times as many.  Value and gradient are the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from ..speed.fast_layers import plain_layers
from ..speed.precision import float32

Decode = Callable[[torch.Tensor], torch.Tensor]
Norm = Callable[[torch.Tensor], torch.Tensor]

NORMS: dict[str, Norm] = {
    "jlone": lambda jacobian: jacobian.abs().sum(),
    "jltwo": lambda jacobian: jacobian.square().sum(),
}


def jacobian_penalty(decode: Decode, parameters: Sequence[torch.Tensor], latents: torch.Tensor, norm: str = "jlone",
                     jacobian: str = "fd", step_size: float = 1e-3) -> torch.Tensor:
    """Mean over the batch of the norm of d decode(z)_p / d z_i over all latents i and outputs p.

    decode: (N, D) -> (N, ...), every row on its own, by way of `parameters`.  latents: (B, D), constants.
    norm: a key of NORMS.  jacobian: a key of JACOBIANS.  Always computed in float32 or the latents' own precision,
    never in a lower one.  Returns a scalar, differentiable in `parameters`."""

    if not torch.is_grad_enabled():
        with float32():
            return JACOBIANS[jacobian](decode, [], latents, NORMS[norm], step_size)[0]

    @torch.enable_grad()
    def compute() -> tuple[torch.Tensor, list[torch.Tensor]]:
        with float32():
            return JACOBIANS[jacobian](decode, parameters, latents, NORMS[norm], step_size)

    return _WithGradients.apply(compute, *parameters)


class _WithGradients(torch.autograd.Function):
    """A scalar whose gradient is computed together with it."""

    @staticmethod
    def forward(ctx: Any, compute: Callable[[], tuple[torch.Tensor, list[torch.Tensor]]],
                *parameters: torch.Tensor) -> torch.Tensor:
        value, gradients = compute()
        ctx.save_for_backward(*gradients)
        return value

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        return None, *(grad_outputs[0] * gradient for gradient in ctx.saved_tensors)


def _forward_differences(decode: Decode, parameters: Sequence[torch.Tensor], latents: torch.Tensor, norm: Norm,
                         step_size: float) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """J_i = (decode(z + h e_i) - decode(z)) / h, in floating point no better than about 1e-7 / h."""
    compute = _one_by_one if latents.device.type == "cpu" else _all_at_once
    return compute(decode, parameters, latents, norm, step_size)


def _all_at_once(decode: Decode, parameters: Sequence[torch.Tensor], latents: torch.Tensor, norm: Norm,
                 step_size: float) -> tuple[torch.Tensor, list[torch.Tensor]]:
    batch_size, num_latents = latents.shape
    shifts = step_size * torch.eye(num_latents, dtype=latents.dtype, device=latents.device)
    shifted = (latents + shifts.unsqueeze(1)).flatten(0, 1)
    unshifted, images = decode(torch.cat([latents, shifted])).split([batch_size, num_latents * batch_size])
    columns = (images.unflatten(0, (num_latents, batch_size)) - unshifted) / step_size
    total = norm(columns) / batch_size
    return total.detach(), _gradients(total, parameters) if parameters else []


def _one_by_one(decode: Decode, parameters: Sequence[torch.Tensor], latents: torch.Tensor, norm: Norm,
                step_size: float) -> tuple[torch.Tensor, list[torch.Tensor]]:
    unshifted = decode(latents)
    # Every column pulls on the unshifted images; the pulls are summed and go back through their graph once, at the end.
    anchor = unshifted.detach().requires_grad_(bool(parameters))
    total, sums = latents.new_zeros(()), [torch.zeros_like(tensor) for tensor in (*parameters, anchor)]
    for shift in step_size * torch.eye(latents.shape[1], device=latents.device):
        column = norm((decode(latents + shift) - anchor) / step_size) / len(latents)
        total += column.detach()
        if parameters:
            _add(sums, _gradients(column, [*parameters, anchor]))
    *gradients, pull = sums
    if parameters:
        _add(gradients, _gradients(unshifted, parameters, pull))
    return total, gradients


def _exact(decode: Decode, parameters: Sequence[torch.Tensor], latents: torch.Tensor, norm: Norm,
           step_size: float) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """J_i by forward-mode differentiation; `step_size` plays no part."""
    basis = torch.eye(latents.shape[1], device=latents.device).unsqueeze(1).expand(-1, len(latents), -1)
    with plain_layers():
        columns = torch.func.vmap(lambda direction: torch.func.jvp(decode, (latents,), (direction,))[1])(basis)
    total = norm(columns) / len(latents)
    return total.detach(), _gradients(total, parameters) if parameters else []


JACOBIANS = {"fd": _forward_differences, "jvp": _exact}


def _gradients(output: torch.Tensor, inputs: Sequence[torch.Tensor],
               grad_output: torch.Tensor | None = None) -> list[torch.Tensor]:
    # A bias behind everything non-linear has no part in the exact Jacobian.
    return list(torch.autograd.grad(output, inputs, grad_output, allow_unused=True, materialize_grads=True))


def _add(sums: Sequence[torch.Tensor], summands: Sequence[torch.Tensor]) -> None:
    for total, summand in zip(sums, summands, strict=True):
        total.add_(summand)
