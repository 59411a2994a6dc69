"""a * b + c rounded once, for compiled functions; every processor that numba supports has it, or LLVM's library."""

from __future__ import annotations

import functools
from typing import Any


class FusedMultiplyAdd:
    """Called as f(a, b, c) of float64 in functions decorated with `compiled`; made when the first one is compiled."""

    @functools.cached_property
    def _intrinsic(self) -> Any:
        from numba.extending import intrinsic

        return intrinsic(_define)

    @property
    def _numba_type_(self) -> Any:
        from numba.core.registry import cpu_target

        function, context = self._intrinsic, cpu_target.typing_context
        context.refresh()  # numba learns of intrinsics made since
        return context.resolve_value_type(function)


def _define(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


fused_multiply_add: Any = FusedMultiplyAdd()
