"""A stand-in for the module `pickle` that makes tensors and plain containers, and inert shells of everything else.

For Lightning's checkpoints, which mix tensors with the pickled model and its configuration.  Names are looked up in a
literal table and never imported, so nothing in the file can be called; what a shell was made of can be read as data."""

from __future__ import annotations

import collections
import pickle
from typing import Any

import torch

STORAGES = ("FloatStorage", "DoubleStorage", "HalfStorage", "BFloat16Storage", "LongStorage", "IntStorage",
            "ShortStorage", "ByteStorage", "CharStorage", "BoolStorage")

UnpicklingError = pickle.UnpicklingError


class Shell(dict):
    """Takes the place of an object of any other class: ignores its arguments, keeps its state as data."""

    name = ""
    """Of the class, with its module."""
    state: Any = None
    """What the object's attributes were, a dict for most classes."""

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


def shell_class(name: str) -> type[Shell]:
    """The class of shells of one class."""
    return type("Shell", (Shell,), {"name": name})


def _nested(parent: Any, name: str) -> type[Shell]:
    """In the place of getattr, by which pickles name classes inside classes."""
    return shell_class(f"{getattr(parent, 'name', '?')}.{name}")


KNOWN = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
    ("builtins", "getattr"): _nested,
    ("__builtin__", "getattr"): _nested,
    ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,
    ("torch._utils", "_rebuild_parameter"): torch._utils._rebuild_parameter,
}


class Unpickler(pickle.Unpickler):
    """What torch.load subclasses."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        if module_name == "torch" and global_name in STORAGES:
            return getattr(torch, global_name)
        return KNOWN.get((module_name, global_name)) or shell_class(f"{module_name}.{global_name}")


def load(file: Any, **options: Any) -> Any:
    """As pickle.load."""
    return Unpickler(file, **options).load()
