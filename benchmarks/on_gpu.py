"""What a card does to exported files: differences from the CPU's codes, and images per second.

    python benchmarks/on_gpu.py codes RUN/representation --device cuda
    python benchmarks/on_gpu.py encoding RUN/representation --device cuda

scripts/on_gpu.sh runs both."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from unbraid.common.commands.command_line import format_table
from unbraid.export import load_representation
from unbraid.export.formats import FORMAT_NAMES, export_format
from unbraid.ground_truth.sets.three_dots import ThreeDots


def images(num: int) -> np.ndarray:
    """(num, 64, 64, 1) float32 of three-dots."""
    return np.asarray(ThreeDots().sample_observations(num, np.random.RandomState(0)))


def codes(folder: Path, device: str, num_images: int) -> str:
    """A table of the largest difference of the device's codes from the CPU's, by format, and whether they repeat."""
    observations, rows = images(num_images), []
    for backend in FORMAT_NAMES:
        expected = load_representation(folder, backend)(observations)
        on_device = load_representation(folder, backend, device)
        found = on_device(observations)
        is_repeated = bool(np.array_equal(found, on_device(observations)))
        rows.append((backend, on_device.provider, f"{np.abs(found - expected).max():.2g}", str(is_repeated)))
    return format_table(["backend", "runs on", "largest difference from the CPU", "same bits twice"], rows)


def encoding(folder: Path, device: str, num_images: int, batch_size: int) -> str:
    """A table of images per second by format, and of a bare loop over the same network with images on the device."""
    observations = images(batch_size)
    rows = []
    for backend in FORMAT_NAMES:
        encode = load_representation(folder, backend, device)
        rows.append((backend, f"{rate(lambda encode=encode: encode(observations), num_images, batch_size):,.0f}"))
    runner = export_format.open(folder / export_format.representation_file, device)
    resident = torch.from_numpy(observations).to(device).permute(0, 3, 1, 2).contiguous()

    def bare() -> None:
        with torch.inference_mode():
            runner.module(resident)
        if device == "cuda":
            torch.cuda.synchronize()

    rows.append(("bare loop, images on the device", f"{rate(bare, num_images, batch_size):,.0f}"))
    return format_table([f"batches of {batch_size}", "images/s"], rows)


def rate(encode: Callable[[], object], num_images: int, batch_size: int) -> float:
    """Images per second, after one batch to warm up."""
    encode()
    num_batches = max(1, num_images // batch_size)
    started = time.perf_counter()
    for _ in range(num_batches):
        encode()
    return num_batches * batch_size / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["codes", "encoding"])
    parser.add_argument("folder", type=Path, help="an export in every format")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda")
    parser.add_argument("--num_images", type=int, default=100_000)
    parser.add_argument("--batch_size", type=int, default=4096)
    arguments = parser.parse_args()
    if arguments.what == "codes":
        print(codes(arguments.folder, arguments.device, min(arguments.num_images, 4096)))
    else:
        print(encoding(arguments.folder, arguments.device, arguments.num_images, arguments.batch_size))


if __name__ == "__main__":
    main()
