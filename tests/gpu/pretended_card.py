"""A card that exists only for tests: its tensors hold values of the CPU, and it sees every operator.

Within `pretended_card` there is a device "cudasim" (PyTorch's PrivateUse1, set up from Python).  All numbers are real.
Mixing it with the host raises as CUDA does; what launches a kernel, uploads, downloads, or makes the host wait is
counted by the line of unbraid that asked for it.  Not seen: faults of kernels, memory, time, autocast, torch.compile,
ONNX Runtime."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import torch
from card_rules import WAITS, check_layouts, launches_kernel, operator_name, uploads_of_mixture
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "cudasim"  # begins as the name of a real one, which is what unbraid asks for


@dataclass
class Events:
    """What the card has seen since the last `clear`."""

    kernels: int = 0
    uploads: Counter[str] = field(default_factory=Counter)
    """Copies from the host that the host waits for, by line."""
    sent: int = 0
    """Copies from the host that it does not wait for."""
    downloads: Counter[str] = field(default_factory=Counter)
    waits: Counter[str] = field(default_factory=Counter)
    """Other places at which the host waits for the card."""

    def clear(self) -> None:
        self.__init__()  # type: ignore[misc]

    @property
    def blocking(self) -> dict[str, int]:
        """All that makes the host wait, by kind and line."""
        return {f"{kind} at {line}": count for kind, counter in
                (("upload", self.uploads), ("download", self.downloads), ("wait", self.waits))
                for line, count in counter.items()}


_events = Events()
_is_active = False


class _Backend:
    """What torch asks of `torch.cudasim`."""

    def is_available(self) -> bool:
        return _is_active

    def device_count(self) -> int:
        return int(_is_active)

    def current_device(self) -> int:
        return 0

    def set_device(self, device: object) -> None:
        """There is one."""

    def is_initialized(self) -> bool:
        return True

    def _is_in_bad_fork(self) -> bool:
        return False

    def manual_seed_all(self, seed: int) -> None:
        """Values are drawn by the CPU's generator."""

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16, torch.float16]

    def get_rng_state(self, device: object = 0) -> torch.Tensor:
        return torch.zeros(0, dtype=torch.uint8)

    def set_rng_state(self, state: torch.Tensor, device: object = 0) -> None:
        """See `manual_seed_all`."""


class OnCard(torch.Tensor):
    """A tensor that says it is on the card; `inner` holds its values."""

    inner: torch.Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> OnCard:
        return torch.Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls, inner.shape, strides=inner.stride(), storage_offset=inner.storage_offset(), dtype=inner.dtype,
            layout=inner.layout, device=torch.device(NAME, 0), requires_grad=False)

    def __init__(self, inner: torch.Tensor):
        self.inner = inner

    def __repr__(self) -> str:  # type: ignore[override]
        return f"OnCard({self.inner})"

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _Mode(TorchDispatchMode):
    """Sends every operator by way of `_run`, also those that only name the card."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


@contextlib.contextmanager
def pretended_card() -> Iterator[Events]:
    """Yields the events of a card that exists within the block."""
    global _is_active  # noqa: PLW0603 - one card for a process
    _register()
    swaps_parameters = torch.__future__.get_swap_module_params_on_conversion()
    torch.__future__.set_swap_module_params_on_conversion(True)
    _is_active = True
    _events.clear()
    try:
        with torch.autograd.set_multithreading_enabled(False), _Mode(), _as_with_cuda():
            yield _events
    finally:
        _is_active = False
        torch.__future__.set_swap_module_params_on_conversion(swaps_parameters)


def on_card(value: Any) -> bool:
    return isinstance(value, OnCard)


def _register() -> None:
    if not hasattr(torch, NAME):
        _setup_privateuseone_for_python_backend(NAME, backend_module=_Backend())


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    tensors = [value for value in tree_leaves((args, kwargs)) if isinstance(value, torch.Tensor)]
    on_host = [tensor for tensor in tensors if not on_card(tensor)]
    is_named = _names_card(kwargs.get("device"))
    if len(on_host) == len(tensors) and not is_named:
        return func(*args, **kwargs)
    if torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd"):
        with _Mode():  # in inference mode these arrive whole
            result = func.decompose(*args, **kwargs)
        if result is not NotImplemented:
            return result
    name = operator_name(func)
    if name in ("_to_copy", "copy_"):
        return _copy(func, name, args, kwargs)
    is_mixed = on_host and len(on_host) < len(tensors)
    if is_mixed and (uploads := uploads_of_mixture(func, args, on_host, on_card(args[0]))):
        _events.uploads[_line()] += uploads
    if name.startswith("_fused_"):
        check_layouts([argument for argument in args[:4] if isinstance(argument, (list, tuple)) and argument])
    if name in WAITS:
        _events.waits[f"{name}, {_line()}"] += WAITS[name]
    _events.kernels += launches_kernel(func)
    if "device" in kwargs:
        kwargs = {**kwargs, "device": None if kwargs["device"] is None else torch.device("cpu")}
    result = func(*tree_map(_unwrap, args), **tree_map(_unwrap, kwargs))
    if name == "_local_scalar_dense":
        return result
    wrapped = tree_map(_wrap, result)
    is_aliased = any(returned.alias_info is not None for returned in func._schema.returns)
    return return_and_correct_aliasing(func, args, kwargs, wrapped) if is_aliased else wrapped


def _copy(func: Any, name: str, args: Any, kwargs: dict[str, Any]) -> Any:
    if name == "copy_":
        target, source, *rest = args
        _count_copy(on_card(source), on_card(target), rest[0] if rest else kwargs.get("non_blocking", False))
        _unwrap(target).copy_(_unwrap(source))
        return target
    source, device = args[0], kwargs.get("device")
    goes_to_card = on_card(source) if device is None else _names_card(device)
    _count_copy(on_card(source), goes_to_card, kwargs.get("non_blocking", False))
    options = {**kwargs, "device": None if device is None else torch.device("cpu")}
    inner = func(_unwrap(source), **options)
    return _wrap(inner) if goes_to_card else inner


def _count_copy(from_card: bool, to_card: bool, non_blocking: bool) -> None:
    if from_card and to_card:
        _events.kernels += 1
    elif to_card and non_blocking:
        _events.sent += 1
    elif to_card:
        _events.uploads[_line()] += 1
    elif from_card:
        _events.downloads[_line()] += 1


def _names_card(device: Any) -> bool:
    return device is not None and torch.device(device).type == NAME


def _wrap(value: Any) -> Any:
    return OnCard(value) if isinstance(value, torch.Tensor) and not on_card(value) else value


def _unwrap(value: Any) -> Any:
    return value.inner if on_card(value) else value


def _line() -> str:
    """The innermost line of the package on the stack, as file:number."""
    frame = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("unbraid.") and not module.startswith("unbraid.tests"):
            return f"{module.removeprefix('unbraid.')}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return "a test"


@contextlib.contextmanager
def _as_with_cuda() -> Iterator[None]:
    """Answers what unbraid asks of torch.cuda, and sees tensors made of Python's numbers.

    torch makes the latter in C++ where no mode sees it: on the host, then copied to the device, which is waited for."""
    as_tensor, tensor = torch.as_tensor, torch.tensor

    def seen(make: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        def made(data: Any, *, dtype: Any = None, device: Any = None, **rest: Any) -> torch.Tensor:
            if isinstance(data, torch.Tensor) and make is as_tensor:
                return data.to(device=device, dtype=dtype)
            if _names_card(device):
                return make(data, dtype=dtype).to(device)
            return make(data, dtype=dtype, device=device, **rest)
        return made

    def new_tensor(self: torch.Tensor, data: Any, *, dtype: Any = None, device: Any = None, **rest: Any) -> Any:
        return seen(tensor)(data, dtype=dtype or self.dtype, device=device or self.device, **rest)

    with (mock.patch.object(torch.cuda, "mem_get_info", return_value=(79 * 2**30, 80 * 2**30)),
          mock.patch.object(torch.cuda, "is_bf16_supported", return_value=True),
          mock.patch.object(torch, "as_tensor", seen(as_tensor)), mock.patch.object(torch, "tensor", seen(tensor)),
          mock.patch.object(torch.Tensor, "new_tensor", new_tensor),
          mock.patch.object(torch, "inference_mode", torch.no_grad)):  # a subclass has no inference tensors
        yield
