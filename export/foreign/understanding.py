"""What was understood of a stranger's graph."""

from __future__ import annotations

import dataclasses

LAYOUTS = ("NCHW", "NHWC")
HEADS = ("halves", "interleaved")


@dataclasses.dataclass(frozen=True)
class Hints:
    """What the user said: each wins over what is found.

    layout: of the images.  output: name (or position) of the output that holds the codes.  head: how one output holds
    mean and log-variance, "halves" (all means first) or "interleaved"; None takes the whole output as codes."""

    layout: str | None = None
    output: str | None = None
    head: str | None = None


@dataclasses.dataclass(frozen=True)
class Understanding:
    """How to call a graph, and which of its outputs are the codes."""

    image_shape: tuple[int, int, int]
    """(C, H, W)"""
    layout: str
    layout_is_assumed: bool
    """Both layouts run, and nothing tells which one was meant."""
    dtype: str
    batch_size: int | None
    """The only number of images that it takes at once; None for any."""
    output: str
    outputs: dict[str, tuple[int, ...]]
    """Shape of one row of every output."""
    num_latents: int
    head: str | None
    is_deterministic: bool

    def rows(self) -> list[tuple[str, str]]:
        """As a table, for people."""
        others = [f"{name} {shape}" for name, shape in self.outputs.items() if name != self.output]
        layout = f"{self.layout} (assumed: the other one runs too; --layout says)" if self.layout_is_assumed \
            else self.layout
        return [
            ("images (C, H, W)", str(self.image_shape)), ("layout", layout), ("dtype", self.dtype),
            ("batch size", "any" if self.batch_size is None else f"{self.batch_size}, always: run in chunks, padded"),
            ("codes", f"output {self.output}, {self.num_latents} latents"),
            ("mean and log-variance", self.head or "not in one output (--head says otherwise)"),
            ("other outputs", ", ".join(others) or "none"),
            ("answers alike twice", "yes" if self.is_deterministic else "no: it draws random numbers"),
        ]
