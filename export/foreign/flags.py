"""The flags that say what cannot be found out about a stranger's model."""

from __future__ import annotations

import argparse

from ...common.errors import UserError
from .graph_description import HEADS, LAYOUTS, MAPS, Hints, Statistics


def add_hint_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("somebody else's model (found by trying, where not said)")
    group.add_argument("--layout", choices=LAYOUTS, help="order of the axes of the input images")
    group.add_argument("--output", help="name or position of the output that holds the codes, such as mu, or 1.0 "
                                         "for the first of a tuple that is the second output")
    group.add_argument("--head", choices=HEADS, help="the output holds means and log-variances: all means first "
                                                     "(halves) or alternating (interleaved); the means are used")
    group.add_argument("--maps", choices=MAPS, help="the output is a map (N, C, H, W): each place is a token of C "
                                                    "numbers, or averages over all places are the codes")
    group.add_argument("--value_range", nargs=2, type=float, metavar=("LOW", "HIGH"),
                       help="pixel values of black and white in the input, such as -1 1 or 0 255 (default: 0 1)")
    group.add_argument("--input_statistics", nargs=2, metavar=("MEAN", "STD"),
                       help="the input is (x - MEAN) / STD for images x in [0, 1]; one number per channel, by comma")
    group.add_argument("--state_dict_key", metavar="KEY",
                       help="key of the state dict in a checkpoint that holds several, such as ema (dots between "
                            "nested keys)")
    group.add_argument("--prefix", metavar="PREFIX", help="take the tensors of a checkpoint whose names start so, such "
                                                          "as encoder.")
    group.add_argument("--allow_batch_dependence", action="store_true",
                       help="also use a model whose codes of an image depend on the other images of the batch; the "
                            "difference is recorded")


def hints_of(arguments: argparse.Namespace) -> Hints:
    """Raises UserError for numbers that are none."""
    return Hints(arguments.layout, arguments.output, arguments.head, _statistics(arguments), arguments.maps)


def checkpoint_flags(arguments: argparse.Namespace) -> list[str]:
    """The flags that choose among the tensors of a checkpoint and allow what is not independent, as they were given."""
    flags = ["--allow_batch_dependence"] * arguments.allow_batch_dependence
    for name in ("state_dict_key", "prefix"):
        flags += [] if getattr(arguments, name) is None else [f"--{name}", getattr(arguments, name)]
    return flags


def _statistics(arguments: argparse.Namespace) -> Statistics | None:
    if arguments.value_range is None:
        return None if arguments.input_statistics is None else parse_statistics(*arguments.input_statistics)
    low, high = arguments.value_range
    if arguments.input_statistics is not None or not low < high:
        raise UserError(f"--value_range {low:g} {high:g}: expected the smaller number first, and no --input_statistics "
                        "beside it.")
    return (-low / (high - low),), (1 / (high - low),)


def parse_statistics(mean: str, std: str) -> Statistics:
    """Numbers by comma.  Raises UserError."""
    try:
        means, stds = (tuple(float(number) for number in text.split(",")) for text in (mean, std))
    except ValueError:
        means = stds = ()
    if not {len(means), len(stds)} <= {1, 3} or min(stds, default=0) <= 0:
        raise UserError(f"--input_statistics {mean} {std}: expected the mean and the standard deviation of the images, "
                        "each one number, or one for each channel by comma, such as 0 1.")
    return means, stds


def refuse_other_channels(statistics: Statistics, num_channels: int) -> None:
    """Raises UserError for statistics of another number of channels."""
    if not {len(numbers) for numbers in statistics} <= {1, num_channels}:
        raise UserError(f"--input_statistics has {max(map(len, statistics))} numbers, but the images have "
                        f"{num_channels} channels; expected one number, or one for each channel.")
