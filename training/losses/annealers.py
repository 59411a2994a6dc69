"""How the weight of labels changes in training: disentanglement_lib's `annealer`."""

from __future__ import annotations

from collections.abc import Callable

import gin

from ...common.errors import ConfigurationError

AnnealFn = Callable[[float, int, int], float]


@gin.configurable("fixed", denylist=["gamma", "step", "iteration_threshold"])
def fixed(gamma: float, step: int, iteration_threshold: int) -> float:
    """gamma throughout."""
    return gamma


@gin.configurable("anneal", denylist=["gamma", "step", "iteration_threshold"])
def anneal(gamma: float, step: int, iteration_threshold: int) -> float:
    """Rises linearly from 0 at the first step to gamma at `iteration_threshold`."""
    return gamma * min(1.0, step / iteration_threshold) if iteration_threshold > 0 else gamma


@gin.configurable("fine_tune", denylist=["gamma", "step", "iteration_threshold"])
def fine_tune(gamma: float, step: int, iteration_threshold: int) -> float:
    """0 up to and including `iteration_threshold`, then gamma."""
    return gamma if step > iteration_threshold else 0.0


@gin.configurable("annealer")
class Annealer:
    """The weight of the labels, gamma, at a step."""

    def __init__(self, anneal_fn: AnnealFn = gin.REQUIRED, iteration_threshold: int = gin.REQUIRED):
        """anneal_fn: @fixed, @anneal or @fine_tune."""
        if not callable(anneal_fn):
            raise ConfigurationError(f"annealer.anneal_fn is {anneal_fn!r}; expected @fixed, @anneal or @fine_tune.")
        self.anneal_fn, self.iteration_threshold = anneal_fn, iteration_threshold

    def __call__(self, gamma: float, step: int) -> float:
        return self.anneal_fn(gamma, step, self.iteration_threshold)
