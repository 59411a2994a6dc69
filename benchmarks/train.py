"""Training speed: milliseconds an update of each method, or of JL1-VAE's own code beside ours.

    python benchmarks/train.py [CONFIG ...] [--steps 20] [--threads 2]
    python benchmarks/train.py --jl1 CLONE      (a clone of github.com/travers-rhodes/jlonevae; needs opt_einsum)

Three-dots images stand in for every config's data set, drawn beforehand: this times updates, not rendering."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

import gin
import numpy as np
import torch

from unbraid.common.commands import format_table
from unbraid.common.configuration import CONFIG_ROOT, configured
from unbraid.ground_truth.three_dots import ThreeDots
from unbraid.training.loop import update
from unbraid.training.train import train  # noqa: F401  (registers everything for gin)

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
WARMUP = 3


def images(batch_size: int) -> torch.Tensor:
    """(B, 1, 64, 64), as the training gets them."""
    observations = np.asarray(ThreeDots().sample_observations(batch_size, np.random.RandomState(0)))
    return torch.from_numpy(observations).to(DEVICE).permute(0, 3, 1, 2)


def milliseconds(step: Callable[[], object], num_steps: int) -> float:
    """Median time of one call."""
    times = []
    for _ in range(WARMUP + num_steps):
        started = time.perf_counter()
        step()
        if DEVICE == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times[WARMUP:])


def ours(config: str, num_steps: int, bindings: list[str]) -> tuple[float, int]:
    """Milliseconds an update, and the batch size."""
    with configured([config], bindings):
        model = gin.query_parameter("model.model").scoped_configurable_fn()
        batch = images(gin.query_parameter("model.batch_size"))
        model.build([1, 64, 64], 737_280)
        model.to(DEVICE).to(memory_format=torch.channels_last)
        optimizers = model.make_optimizers()
        step = 10**6  # after all annealing
        return milliseconds(lambda: update(model(batch, step), optimizers, step), num_steps), len(batch)


def jl1(clone: str, gamma: float, num_steps: int) -> float:
    """Milliseconds an update of JL1-VAE's own trainer, with the same networks and batch size."""
    sys.path.insert(0, clone)
    from jlonevae_lib.architecture.vae import ConvVAE
    from jlonevae_lib.train.jlonevae_trainer import JLOneVAETrainer

    model = ConvVAE(10, 64, 1, [32, 32, 64, 64], [2] * 4, [4] * 4, [256], [256, 1024], 4, [64, 32, 32, 1], [2] * 4,
                    [4] * 4).to(DEVICE)
    batch = images(64).contiguous()
    with tempfile.TemporaryDirectory() as logs:
        trainer = JLOneVAETrainer(model, [batch], 4.0, gamma, DEVICE, logs, 1e-4, 0)
        return milliseconds(trainer.train, num_steps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configs", nargs="*", help="training configs (default: all for dSprites, and JL1-VAE's)")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--jl1", metavar="CLONE", help="time JL1-VAE's own code beside ours")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"torch {torch.__version__}, {DEVICE}, {arguments.threads} threads, median of {arguments.steps} updates")
    if arguments.jl1:
        rows = [(name, f"{ours('jlonevae_three_dots', arguments.steps, [f'jlonevae.gamma = {gamma}'])[0]:.1f}",
                 f"{jl1(arguments.jl1, gamma, arguments.steps):.1f}") for name, gamma in (("beta-VAE", 0.0),
                                                                                         ("JL1-VAE", 0.1))]
        print(format_table(["batch 64, 10 latents", "ours ms", "original ms"], rows))
        return
    configs = arguments.configs or sorted(path.stem for pattern in ("*_dsprites_full.gin", "jl*_three_dots.gin")
                                          for path in (CONFIG_ROOT / "training").glob(pattern))
    timed = [(config, *ours(config, arguments.steps, [])) for config in configs]
    print(format_table(["config", "batch", "ms", "updates/s"],
                       [(name, str(size), f"{ms:.1f}", f"{1000 / ms:.1f}") for name, ms, size in timed]))


if __name__ == "__main__":
    main()
