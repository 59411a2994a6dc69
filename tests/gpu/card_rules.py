"""What CUDA makes of an operator: which ones wait, launch nothing, or refuse their tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

# Operators whose CUDA kernels copy something back and wait for it (ATen's sources), and how often.  matrix_exp copies
# the norms, and for batches the numbers of squarings.
WAITS = {"_local_scalar_dense": 1, "is_nonzero": 1, "nonzero": 1, "masked_select": 1, "equal": 1, "_unique2": 1,
         "unique_consecutive": 1, "bincount": 1, "linalg_matrix_exp": 2, "_linalg_eigh": 1, "_linalg_svd": 1}
INDEXING = {"index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index"}
WITHOUT_KERNEL = {"detach", "alias", "lift_fresh", "empty", "empty_like", "empty_strided", "new_empty",
                  "new_empty_strided", "_unsafe_view", "_reshape_alias"}


class MixedDevicesError(RuntimeError):
    """An operator got tensors of the host and of the card."""


class LayoutError(RuntimeError):
    """A fused optimizer got tensors of different layouts."""


def operator_name(func: Any) -> str:
    """The name of an operator without namespace and overload."""
    return func._schema.name.partition("::")[2]


def launches_kernel(func: Any) -> bool:
    return not func.is_view and operator_name(func) not in WITHOUT_KERNEL


def uploads_of_mixture(func: Any, arguments: Sequence[Any], on_host: Sequence[torch.Tensor],
                       first_is_on_card: bool) -> int:
    """Number of tensors that CUDA sends to the card by itself, waiting for each.  Raises MixedDevicesError."""
    name = operator_name(func)
    if name in INDEXING and first_is_on_card:
        return len(on_host)  # indices may come from the host
    if all(tensor.ndim == 0 for tensor in on_host):
        if name == "where":
            return len(on_host)
        if torch.Tag.pointwise in func.tags:
            return 0  # a number of the host becomes an argument of the kernel
    raise MixedDevicesError(f"{name} got tensors of the host, of the shapes {[tuple(each.shape) for each in on_host]}, "
                            "and of the card.")


def check_layouts(lists: Sequence[Sequence[torch.Tensor]]) -> None:
    """Raises LayoutError unless parameters, gradients and moments agree, as CUDA's fused kernels want it."""
    for tensors in zip(*lists, strict=False):
        first = tensors[0]
        for other in tensors[1:]:
            same_strides = all(size == 1 or mine == theirs for size, mine, theirs in
                               zip(first.shape, first.stride(), other.stride(), strict=True))
            if first.shape != other.shape or first.dtype != other.dtype or not same_strides:
                raise LayoutError(f"A fused optimizer got tensors of the strides {first.stride()} and "
                                  f"{other.stride()}.")
