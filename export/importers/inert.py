"""A stand-in for the module `pickle` that makes tensors and plain containers, and empty shells of everything else.

For Lightning's checkpoints, which mix tensors with the pickled model and its configuration.  Names are looked up in a
literal table and never imported, so nothing in the file can be called."""

from __future__ import annotations

import collections
import pickle
from typing import Any

import torch

KNOWN = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
    ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,
    ("torch._utils", "_rebuild_parameter"): torch._utils._rebuild_parameter,
}
STORAGES = ("FloatStorage", "DoubleStorage", "HalfStorage", "BFloat16Storage", "LongStorage", "IntStorage",
            "ShortStorage", "ByteStorage", "CharStorage", "BoolStorage")

UnpicklingError = pickle.UnpicklingError


class Shell(dict):
    """Takes the place of an object of any other class: ignores its arguments, keeps its state as data."""

    __hash__ = object.__hash__  # type: ignore[assignment]  # may be a key or in a set

    def __new__(cls, *_: Any, **__: Any) -> Shell:
        return super().__new__(cls)

    def __init__(self, *_: Any, **__: Any):
        super().__init__()

    def __call__(self, *_: Any, **__: Any) -> Shell:
        return self

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def append(self, item: Any) -> None:
        """Pickles of list subclasses append."""

    def extend(self, items: Any) -> None:
        """Pickles of list subclasses extend."""


class Unpickler(pickle.Unpickler):
    """What torch.load subclasses."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        if module_name == "torch" and global_name in STORAGES:
            return getattr(torch, global_name)
        return KNOWN.get((module_name, global_name)) or type("Shell", (Shell,), {})


def load(file: Any, **options: Any) -> Any:
    """As pickle.load."""
    return Unpickler(file, **options).load()
