"""`six` and `six.moves` where six is not installed: what disentanglement_lib's metrics take from them."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from functools import reduce
from typing import Any

string_types, integer_types, text_type = (str,), (int,), str
xrange = range
globals().update({name: getattr(builtins, name) for name in ("filter", "input", "map", "range", "zip")})

__all__ = ["integer_types", "iteritems", "iterkeys", "itervalues", "reduce", "string_types", "text_type", "xrange"]


def iteritems(mapping: dict[Any, Any]) -> Iterator[tuple[Any, Any]]:
    return iter(mapping.items())


def iterkeys(mapping: dict[Any, Any]) -> Iterator[Any]:
    return iter(mapping)


def itervalues(mapping: dict[Any, Any]) -> Iterator[Any]:
    return iter(mapping.values())
