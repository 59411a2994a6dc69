"""unbraid-warmup: compiles ahead what the first score, or the first drawn image, would otherwise compile."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from ...common.commands.command_line import format_table, run_command
from ...common.configuration.parsing import configured
from ...ground_truth.named_data import get_named_ground_truth_data
from ...metrics.estimators.fast_paths import all_paths

DRAWN = ("dsprites_full", "color_dsprites", "threeDots")  # data sets whose images compiled code draws


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, or 2 where nothing that is compiled can be kept."""
    parser = argparse.ArgumentParser(
        prog="unbraid-warmup", description="Compiles ahead what scoring and drawing images would compile when they are "
        "first used, and keeps it: for the build of a container, or before many processes start at once.",
        epilog="Example: RUN unbraid-warmup (in a Dockerfile). NUMBA_CACHE_DIR says where compiled code is kept; by "
        "default it lies beside the sources, or in the user's cache folder.")
    return run_command(_warm_up, parser, argv)


def _warm_up(arguments: argparse.Namespace) -> None:
    tasks: dict[str, Callable[[], object]] = {"fast paths": _fast_paths}
    tasks |= {f"images of {name}": partial(_draw, name) for name in DRAWN}
    tasks |= {"metric dci": _dci, "metric mig_qzx": _mig_qzx}
    rows = []
    for name, task in tasks.items():
        start = time.perf_counter()
        task()
        rows.append((name, f"{time.perf_counter() - start:.1f} s"))
    print(format_table(("ready", "time"), rows))


def _fast_paths() -> None:
    """Compiles them, and records that they give the libraries' bits.  First of all: the library is not imported yet."""
    from ..sampling import draws  # noqa: F401  (which registers one)

    for path in all_paths(["random draws", "boosted trees", "logistic regression", "exponential"]).values():
        path.is_equal()


def _draw(name: str) -> None:
    with configured(bindings=[f"dataset.name = '{name}'"]):
        np.asarray(get_named_ground_truth_data().sample_observations(16, np.random.RandomState(0)))


def _dci() -> None:
    from ...metrics.scores.dci import dci

    points = _points()
    dci(points, points, random_state=0)


def _mig_qzx() -> None:
    from ...metrics.scores.mig_qzx import mig_qzx

    codes, factors = _points()
    mig_qzx(codes, codes, factors, random_state=0, num_samples=10)


def _points() -> tuple[np.ndarray, np.ndarray]:
    """Codes and factors of the types that the protocol hands to a metric."""
    factors = np.stack(np.unravel_index(np.arange(240) % 24, (2, 3, 4)), axis=1)
    return (factors + np.random.RandomState(0).standard_normal(factors.shape)).astype(np.float32), factors


if __name__ == "__main__":
    sys.exit(main())
