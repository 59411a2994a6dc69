"""The flags that say what cannot be found out about a stranger's graph."""

from __future__ import annotations

import argparse

from .understanding import HEADS, LAYOUTS, Hints


def add_hint_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("somebody else's graph (found by trying, where not said)")
    group.add_argument("--layout", choices=LAYOUTS, help="order of the axes of its images")
    group.add_argument("--output", help="name or position of the output that holds the codes")
    group.add_argument("--head", choices=HEADS, help="the output holds mean and log-variance, all means first or "
                                                     "in turn; the means are taken")


def hints_of(arguments: argparse.Namespace) -> Hints:
    return Hints(arguments.layout, arguments.output, arguments.head)
