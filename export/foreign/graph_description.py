"""What was understood of a stranger's graph."""

from __future__ import annotations

import dataclasses
import itertools

LAYOUTS = ("NCHW", "NHWC")
HEADS = ("halves", "interleaved")
Statistics = tuple[tuple[float, ...], tuple[float, ...]]  # mean and standard deviation, one number or one a channel
MAPS = ("tokens", "pooled")
INTEGERS = ("uint8", "int8", "int32", "int64")  # types of pixels from 0 to 255
PIXELS = ((0.0,), (1 / 255,))  # statistics of a graph that takes them


@dataclasses.dataclass(frozen=True)
class Hints:
    """What the user said: each wins over what is found.

    layout: of the images.  output: name (or position) of the output that holds the codes.  head: how one output holds
    mean and log-variance, "halves" (all means first) or "interleaved"; None takes the whole output as codes.
    input_statistics: mean and standard deviation of a network that takes (x - mean) / std of images x in [0, 1], one
    number each or one for each channel; None for images as they are.  maps: what becomes of an output (N, C, H, W):
    "tokens" (each place is a token of C numbers) or "pooled" (C averages over all places); None refuses it."""

    layout: str | None = None
    output: str | None = None
    head: str | None = None
    input_statistics: Statistics | None = None
    maps: str | None = None


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
    token_size: int | None
    """V of codes (N, T, V), which become (N, T V), that of the means where one output holds both; None for codes
    (N, D)."""
    head: str | None
    log_variance: str | None
    """The output of log-variances that belong to the codes, where they are known by their names."""
    is_deterministic: bool
    statistics: Statistics | None = None
    maps: str | None = None
    """How a map (N, C, H, W) is made codes; None for an output that is no map."""

    @property
    def takes_pixels(self) -> bool:
        """Whether its input is of whole numbers."""
        return self.dtype in INTEGERS

    @property
    def head_columns(self) -> tuple[list[int], list[int]] | None:
        """Columns of means and columns of log-variances in the output, flat; None where it does not hold both.

        Each token has its own head."""
        if self.head is None:
            return None
        columns, size = list(range(2 * self.num_latents)), 2 * (self.token_size or self.num_latents)
        in_token = [position % size for position in columns]
        of_means = [place < size // 2 if self.head == "halves" else place % 2 == 0 for place in in_token]
        return (list(itertools.compress(columns, of_means)),
                [column for column, is_mean in zip(columns, of_means, strict=True) if not is_mean])

    def rows(self) -> list[tuple[str, str]]:
        """As a table, for people."""
        others = [f"{name} {shape}" for name, shape in self.outputs.items()
                  if name not in (self.output, self.log_variance)]
        layout = f"{self.layout} (assumed: the other one runs too; --layout says)" if self.layout_is_assumed \
            else self.layout
        return [
            ("images (C, H, W)", str(self.image_shape)), ("layout", layout), ("dtype", self.dtype),
            ("values", "0 to 255" if self.takes_pixels and self.statistics == PIXELS else
             described(self.statistics) if self.statistics else "[0, 1]"),
            ("batch size", "any" if self.batch_size is None else f"{self.batch_size}, always: run in chunks, padded"),
            ("codes", f"output {self.output}, {self._latents()}"),
            ("mean and log-variance", self._posterior()),
            ("other outputs", ", ".join(others) or "none"),
            ("answers alike twice", "yes" if self.is_deterministic else "no: it draws random numbers"),
        ]

    def _latents(self) -> str:
        if self.maps == "pooled":
            return f"{self.num_latents} latents, averages over all places of a map"
        if self.token_size is None:
            return f"{self.num_latents} latents"
        return (f"{self.num_latents // self.token_size} tokens of {self.token_size} numbers, one after the other; "
                "--gin_config export/pca makes one latent of each")

    def _posterior(self) -> str:
        if self.log_variance:
            return f"outputs {self.output} and {self.log_variance}"
        return self.head or "not in one output (--head says otherwise)"


def described(statistics: Statistics) -> str:
    """For people, and for the record."""
    mean, std = map(list, statistics)
    return f"(x - {mean}) / {std}"
