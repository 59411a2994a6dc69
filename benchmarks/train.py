"""Training speed: milliseconds an update of each method, or the originals' own code beside ours.

    python benchmarks/train.py [CONFIG ...] [--updates 20] [--threads 1]
    python benchmarks/train.py --jl1 CLONE --disvae CLONE

CLONEs are of github.com/travers-rhodes/jlonevae, which needs opt_einsum, and github.com/YannDubs/disentangling-vae,
which needs imageio.  Both sides, each a process of its own, take turns and the fastest update of each counts, in
seconds of the processor with one thread on a CPU: so the numbers hold on a machine that does other work besides.
Three-dots images stand in for every config's data set, drawn beforehand: this times updates, not rendering.  With
PYTHONPATH=CLONE/disentanglement_lib, where tensorflow and OpenCV are installed, --loading also times JL1-VAE's whole
step, batch included, on its small cache of three-dots: what its training costs."""

from __future__ import annotations

import argparse
import collections
import contextlib
import functools
import itertools
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gin
import numpy as np
import torch

from unbraid.common.commands.command_line import format_table
from unbraid.common.configuration.parsing import CONFIG_ROOT, bound, configured
from unbraid.ground_truth.registry import data_sets
from unbraid.ground_truth.sets.three_dots import ThreeDots
from unbraid.training.data.labelled import Supervision
from unbraid.training.running.loop import update
from unbraid.training.running.seeds import draw_seeds
from unbraid.training.running.train import assemble, method_of

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
WARMUP = 2
ANNEALED = 10**6  # a step after all annealing
NUM_IMAGES = 737_280
CACHE = "threeDotsCacheSmall"

Update = Callable[[], object]
Make = Callable[[], Update]


def images(batch_size: int) -> torch.Tensor:
    """(B, 1, 64, 64), as the training gets them."""
    observations = np.asarray(ThreeDots().sample_observations(batch_size, np.random.RandomState(0)))
    return torch.from_numpy(observations).to(DEVICE).permute(0, 3, 1, 2)


def as_loaded(batch: torch.Tensor) -> torch.Tensor:
    """The batch as the originals' loaders store it: channels first, which for one channel only its strides tell."""
    return batch.clone(memory_format=torch.contiguous_format)


class Timed:
    """Updates in a process of their own: what one side sets for its process, such as how memory is kept, stays there.

    make: gives the update.  A call runs one, and returns its milliseconds."""

    def __init__(self, make: Make):
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        context.Process(target=_serve, args=(make, torch.get_num_threads(), theirs), daemon=True).start()

    def __call__(self) -> float:
        self._connection.send(None)
        return self._connection.recv()


def _serve(make: Make, num_threads: int, connection: Any) -> None:
    torch.set_num_threads(num_threads)
    call, clock = make(), time.process_time if DEVICE == "cpu" and num_threads == 1 else time.perf_counter
    with contextlib.suppress(EOFError):  # nobody asks any more
        while True:
            connection.recv()
            started = clock()
            call()
            if DEVICE == "cuda":
                torch.cuda.synchronize()
            connection.send(1000 * (clock() - started))


def milliseconds(updates: dict[str, Timed], num_updates: int) -> dict[str, float]:
    """The fastest call of each, in turns."""
    times = collections.defaultdict(list)
    for _ in range(WARMUP + num_updates):
        for name, timed in updates.items():
            times[name].append(timed())
    return {name: min(values[WARMUP:]) for name, values in times.items()}


def size_of_batch(config: str, *bindings: str) -> int:
    with configured([config], bindings):
        return int(bound("model.batch_size"))


def ours(config: str, *bindings: str, loading: bool = False) -> Update:
    """One update of a config, with a batch of its own where `loading`."""
    with configured([config], bindings):
        method = gin.query_parameter("model.model")
        supervision = Supervision(*(bound(f"model.{name}") for name in (
            "supervised_data_seed", "num_labelled_samples", "train_percentage")))
        data = data_sets()[CACHE if loading else "dsprites_full"]()
        state = assemble(
            Path(), method_of(getattr(method, "scoped_configurable_fn", method)), data,
            gin.query_parameter("model.batch_size"), draw_seeds(0), DEVICE, str(bound("model.precision", "float32")),
            bool(bound("model.compile", False)), supervision)
        batches: Any = state.batches if loading else itertools.repeat(next(state.batches))
    return lambda: update(state.model(next(batches), ANNEALED), state.optimizers, ANNEALED)


def jl1(clone: str, gamma: float, loading: bool) -> Update:
    """One update of JL1-VAE's own trainer, with its networks and batch size; its own loader's batch where `loading`."""
    sys.path.insert(0, clone)
    from jlonevae_lib.architecture.vae import ConvVAE
    from jlonevae_lib.train.jlonevae_trainer import JLOneVAETrainer

    batches: Any = [as_loaded(images(64))]
    if loading:
        from study import accept_old_names, reference_names

        accept_old_names()
        with reference_names():
            from jlonevae_lib.utils.utils_pytorch import get_loader

            batches = get_loader(CACHE, batch_size=64, iterator_len=64)  # one batch an epoch
    model = ConvVAE(10, 64, 1, [32, 32, 64, 64], [2] * 4, [4] * 4, [256], [256, 1024], 4, [64, 32, 32, 1], [2] * 4,
                    [4] * 4).to(DEVICE)
    return JLOneVAETrainer(model, batches, 4.0, gamma, DEVICE, tempfile.mkdtemp(), 1e-4, 0).train


def disvae(clone: str, loss: str, batch_size: int) -> Update:
    """One update of disentangling-vae's own trainer for dSprites."""
    sys.path.insert(0, clone)
    from disvae.models.losses import get_loss_f
    from disvae.models.vae import init_specific_model
    from disvae.training import Trainer

    np.product = np.prod  # type: ignore[attr-defined]  # numpy 2 dropped the name
    model = init_specific_model("Burgess", (1, 64, 64), 10)
    settings = {"rec_dist": "bernoulli", "reg_anneal": 10_000, "betaH_B": 4, "betaB_initC": 0, "betaB_finC": 25,
                "betaB_G": 100, "factor_G": 6.4, "lr_disc": 1e-4, "latent_dim": 10, "btcvae_A": 1, "btcvae_B": 6.4,
                "btcvae_G": 1, "n_data": NUM_IMAGES, "device": torch.device(DEVICE)}
    trainer = Trainer(model, torch.optim.Adam(model.parameters(), lr=5e-4), get_loss_f(loss, **settings),
                      device=torch.device(DEVICE), save_dir=tempfile.mkdtemp(), is_progress_bar=False)
    model.train()
    stored: dict[str, list[float]] = collections.defaultdict(list)
    batch = as_loaded(images(batch_size))
    return lambda: trainer._train_iteration(batch, stored)


def compare(arguments: argparse.Namespace) -> None:
    """Prints ours beside the originals'."""
    pairs: dict[str, tuple[Make, Make]] = {}
    for name, gamma in (("beta-VAE", 0.0), ("JL1-VAE", 0.1)) if arguments.jl1 else ():
        for loading in (False, True) if arguments.loading else (False,):
            own: Make = functools.partial(ours, "jlonevae_three_dots", f"jlonevae.gamma = {gamma}",
                                          *arguments.gin_bindings, loading=loading)
            label = f"jlonevae {name}, whole step" if loading else f"jlonevae {name}"
            pairs[label] = own, functools.partial(jl1, arguments.jl1, gamma, loading)
    losses = {"betaH": "beta_h", "betaB": "beta_b", "factor": "factor", "btcvae": "btcvae"} if arguments.disvae else {}
    for loss, short_name in losses.items():
        config = f"disvae_{short_name}_dsprites_full"
        pairs[f"disentangling-vae {loss}"] = (
            functools.partial(ours, config, *arguments.gin_bindings),
            functools.partial(disvae, arguments.disvae, loss, size_of_batch(config, *arguments.gin_bindings)))
    rows = []
    for name, (own, original) in pairs.items():
        fastest = milliseconds({"ours": Timed(own), "original": Timed(original)}, arguments.updates)
        rows.append((name, *(f"{fastest[side]:.1f}" for side in ("ours", "original")),
                     f"{fastest['original'] / fastest['ours']:.2f}"))
        print(*rows[-1], file=sys.stderr)
    print(format_table(["project and method", "ours ms", "original ms", "times as fast"], rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configs", nargs="*", help="training configs (default: all for dSprites, and JL1-VAE's)")
    parser.add_argument("--updates", type=int, default=20, help="of each side (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="default: %(default)s")
    parser.add_argument("--gin_bindings", nargs="+", default=[], metavar="BINDING",
                        help="for ours, such as \"model.precision = 'bfloat16'\"")
    parser.add_argument("--jl1", metavar="CLONE", help="time JL1-VAE's own code beside ours")
    parser.add_argument("--loading", action="store_true", help="with --jl1: time whole steps, too, batches included")
    parser.add_argument("--disvae", metavar="CLONE", help="time disentangling-vae's own code beside ours")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"torch {torch.__version__}, {DEVICE}, {arguments.threads} threads, fastest of {arguments.updates} updates")
    if arguments.jl1 or arguments.disvae:
        compare(arguments)
        return
    configs = arguments.configs or sorted(path.stem for pattern in ("*_dsprites_full.gin", "jl*_three_dots.gin")
                                          for path in (CONFIG_ROOT / "training").glob(pattern))
    rows = []
    for config in configs:
        size = size_of_batch(config, *arguments.gin_bindings)
        took = milliseconds({config: Timed(functools.partial(ours, config, *arguments.gin_bindings))},
                            arguments.updates)[config]
        rows.append((config, str(size), f"{took:.1f}", f"{1000 / took:.1f}"))
    print(format_table(["config", "batch", "ms", "updates/s"], rows))


if __name__ == "__main__":
    main()
