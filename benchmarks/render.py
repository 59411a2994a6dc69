"""Images per second: rendering dSprites and three-dots, and reading every file format.

    python benchmarks/render.py                          what unbraid does
    python benchmarks/render.py --jlonevae CLONE         also JL1-VAE's three-dots (needs opencv, disentanglement_lib)

Files are written to a temporary folder: 20,000 random images of 64 x 64 x 3.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from unbraid.common.commands.command_line import format_table
from unbraid.common.numerics.threads import num_cores
from unbraid.ground_truth.bases.byte_images import OUT_OF_255, look_up
from unbraid.ground_truth.files.arrays.decoded import open_images
from unbraid.ground_truth.files.arrays.open_array import array_source
from unbraid.ground_truth.registry import data_sets

NUM_STORED = 20_000


def rate(work: Callable[[int], Any], num: int) -> str:
    """Images per second of the best of three calls of work(num)."""
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        work(num)
        seconds.append(time.perf_counter() - started)
    return f"{num / min(seconds):,.0f}"


def sampled(name: str, num: int) -> list[str]:
    data: Any = data_sets()[name]()
    np.asarray(data.sample_observations(64, np.random.RandomState(0)))  # compiles
    observations = data.sample_observations(num, np.random.RandomState(1))
    raw = rate(lambda _: observations.raw(), num) if hasattr(data, "raw") else "-"
    return [f"{name}, drawn", rate(lambda _: np.asarray(observations), num), raw]


def whole_grid() -> str:
    data: Any = data_sets()["dsprites_full"]()
    started = time.perf_counter()
    white = sum(int(data.raw(np.arange(start, start + 8192)).sum(dtype=np.int64)) for start in range(0, 737_280, 8192))
    return f"dSprites, all 737,280 images: {time.perf_counter() - started:.1f} s, {white:,} white pixels"


def stored(path: Path, images: np.ndarray) -> list[str]:
    compressed = "compressed" in path.name
    if path.suffix == ".npz":
        (np.savez_compressed if compressed else np.savez)(path, images=images)
    else:
        with h5py.File(path, "w") as file:
            file.create_dataset("images", data=images, compression="gzip" if compressed else None)
    started = time.perf_counter()
    rows = open_images(array_source(path, "images"))
    opened = time.perf_counter() - started
    order = np.random.RandomState(0).permutation(len(images))[:8192]
    return [f"{path.name}, opened in {opened:.2f} s", rate(lambda _: look_up(rows[order], OUT_OF_255), 8192),
            rate(lambda _: rows[order], 8192)]


def reference_three_dots(clone: Path) -> list[str]:
    path = clone / "disentanglement_lib" / "disentanglement_lib" / "data" / "ground_truth" / "threeDots.py"
    spec = importlib.util.spec_from_file_location("reference_three_dots", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    data, state = module.ThreeDots(), np.random.RandomState(0)
    return ["threeDots, JL1-VAE's class", rate(lambda num: data.sample_observations(num, state), 1000), "-"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jlonevae", type=Path, help="a clone of github.com/travers-rhodes/jlonevae")
    arguments = parser.parse_args()
    rows = [sampled("dsprites_full", 20_000), sampled("threeDots", 20_000), sampled("color_dsprites", 8192),
            sampled("noisy_dsprites", 4096), sampled("abstract_dsprites", 8192)]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["UNBRAID_CACHE"] = f"{folder}/cache"
        images = np.random.RandomState(0).randint(256, size=(NUM_STORED, 64, 64, 3), dtype=np.uint8)
        rows += [stored(Path(folder) / name, images)
                 for name in ("stored.npz", "compressed.npz", "contiguous.h5", "compressed.h5")]
    if arguments.jlonevae:
        rows.append(reference_three_dots(arguments.jlonevae))
    print(f"{num_cores()} cores; images per second")
    print(format_table(["data", "float32", "bytes"], rows))
    print(whole_grid())


if __name__ == "__main__":
    main()
