"""Records what the reference classes give for the files of fake_data_files.py, and for the sets that need none.

    python -m venv reference && . reference/bin/activate
    pip install tensorflow-cpu gin-config scikit-learn scipy numpy pandas simplejson six pillow opencv-python-headless
    pip install --no-deps disentanglement_lib==1.5
    python record_goldens.py goldens/reference.npz --jlonevae CLONE_OF_travers-rhodes/jlonevae

The classes run unmodified, save that they are told of the smaller grids after they have read their file, and that
Pillow and numpy get back the few names they have dropped since.  For each case and seed: `NAME/SEED/factors`, those
of `sample(NUM, RandomState(SEED))`; `NAME/SEED/images`, the SHA-256 of the float32 images that follow; and
`NAME/SEED/next`, the next number of the stream, which tells whether as much was drawn.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import sys
import tempfile
import types
from pathlib import Path

import numpy as np

NUM, SEEDS = 7, (0, 1, 2)


def digest(images: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(images, dtype=np.float32).tobytes()).hexdigest()


def record(goldens: dict, name: str, data: object) -> None:
    for seed in SEEDS:
        state = np.random.RandomState(seed)
        factors, images = data.sample(NUM, state)
        goldens[f"{name}/{seed}/factors"] = factors
        goldens[f"{name}/{seed}/images"] = digest(images)
        goldens[f"{name}/{seed}/next"] = state.randint(2**31)


def modernise() -> None:
    """Gives Pillow, numpy and gin the names that the package of 2019 uses."""
    import gin
    from PIL import Image

    Image.ANTIALIAS = Image.Resampling.LANCZOS
    thumbnail = Image.Image.thumbnail
    Image.Image.thumbnail = lambda self, size, *options: thumbnail(self, size[:2], *options)
    plugin = types.ModuleType("gin.tf")
    vars(plugin).update({name: getattr(gin, name) for name in dir(gin)})
    sys.modules["gin.tf"] = gin.tf = plugin


def shrink(data: object, sizes: tuple[int, ...]) -> object:
    """Tells a class that has read its file how large the grid in it is."""
    from disentanglement_lib.data.ground_truth import util

    data.factor_sizes = data.full_factor_sizes = list(sizes)
    data.state_space = util.SplitDiscreteStateSpace(list(sizes), data.latent_factor_indices)
    data.factor_bases = np.prod(sizes) / np.cumprod(sizes)
    return data


def record_package(goldens: dict, sizes: dict) -> None:
    from disentanglement_lib.data.ground_truth import cars3d, dsprites, dummy_data, mpi3d, norb, shapes3d, util

    for name, make in {
        "dsprites_full": lambda: dsprites.DSprites([1, 2, 3, 4, 5]),
        "dsprites_noshape": lambda: dsprites.DSprites([2, 3, 4, 5]),
        "color_dsprites": lambda: dsprites.ColorDSprites([1, 2, 3, 4, 5]),
        "noisy_dsprites": lambda: dsprites.NoisyDSprites([1, 2, 3, 4, 5]),
        "scream_dsprites": lambda: dsprites.ScreamDSprites([1, 2, 3, 4, 5]),
        "abstract_dsprites": dsprites.AbstractDSprites,
    }.items():
        record(goldens, name, shrink(make(), sizes["dsprites"]))
    record(goldens, "shapes3d", shrink(shapes3d.Shapes3D(), sizes["shapes3d"]))
    record(goldens, "mpi3d_toy", shrink(mpi3d.MPI3D("mpi3d_toy"), sizes["mpi3d_toy"]))
    record(goldens, "mpi3d_real", shrink(mpi3d.MPI3D("mpi3d_real"), sizes["mpi3d_real"]))
    record(goldens, "dummy_data", dummy_data.DummyData())
    record(goldens, "identity", dummy_data.IdentityObservationsData())

    # These two build an index of the grid while they read: it has to know the sizes before.
    whole_index = util.StateSpaceAtomIndex
    norb.util.StateSpaceAtomIndex = lambda _, features: whole_index(sizes["smallnorb"], features)
    norb.int = lambda array: int(np.asarray(array).item())  # numpy no longer turns arrays of one number into numbers
    record(goldens, "smallnorb", shrink(norb.SmallNORB(), sizes["smallnorb"]))
    util.StateSpaceAtomIndex = whole_index
    listed = cars3d.gfile.ListDirectory
    cars3d.gfile.ListDirectory = lambda path: sorted(listed(path))  # the order of the listing is not defined
    cars = cars3d.Cars3D()
    rows = np.arange(4 * 24).repeat(2) * 183 + np.tile([0, 1], 4 * 24)
    cars.images = cars.images[rows]
    cars.index.features_to_index = lambda factors: np.ravel_multi_index(tuple(factors.T), sizes["cars3d"])
    record(goldens, "cars3d", shrink(cars, sizes["cars3d"]))


def record_jlonevae(goldens: dict, sizes: dict, clone: Path) -> None:
    folder = clone / "disentanglement_lib" / "disentanglement_lib" / "data" / "ground_truth"

    def load(name: str) -> types.ModuleType:
        spec = importlib.util.spec_from_file_location(f"jlonevae_{name}", folder / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    record(goldens, "threeDots", load("threeDots").ThreeDots())
    record(goldens, "identity_jl1", load("dummy_data").IdentityObservationsData())
    record(goldens, "mpi3d_multi_real", shrink(load("mpi3d_multi").MPI3DMulti("mpi3d_real"), sizes["mpi3d_real"]))
    three_dots = load("threeDots")
    cache = three_dots.ThreeDotsTrainingCache(desiredCacheSize=200)
    images = cache.sample_observations(NUM, np.random.RandomState(5))
    goldens["threeDotsCache/images"] = digest(images)
    # All places of one dot, and dots on top of each other.
    places = np.stack(np.meshgrid(np.arange(64), np.arange(64), indexing="ij"), axis=-1).reshape(-1, 2)
    one_dot = three_dots.ThreeDots().sample_observations_from_factors(np.tile(places, 3), None)
    goldens["threeDots/one_dot/images"] = digest(one_dot)
    near = np.array([[10, 10, 12, 10, 14, 13], [0, 0, 63, 63, 63, 0], [30, 30, 30, 30, 33, 29], [5, 60, 7, 61, 60, 5]])
    goldens["threeDots/near/factors"] = near
    goldens["threeDots/near/images"] = three_dots.ThreeDots().sample_observations_from_factors(near, None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--jlonevae", type=Path, required=True, help="a clone of github.com/travers-rhodes/jlonevae")
    arguments = parser.parse_args()
    import fake_data_files

    with tempfile.TemporaryDirectory() as root:
        os.environ["DISENTANGLEMENT_LIB_DATA"] = root  # read when the package is imported
        fake_data_files.write_all(Path(root))
        modernise()
        goldens: dict = {}
        record_package(goldens, fake_data_files.SIZES)
        record_jlonevae(goldens, fake_data_files.SIZES, arguments.jlonevae)
    np.savez_compressed(arguments.output, **goldens)


if __name__ == "__main__":
    main()
