"""Small but valid files in the formats of the real data sets, the same bytes every time.

Grids are smaller than the real ones; `SIZES` says how small.  Both the tests and record_goldens.py write these.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

SIZES = {
    "dsprites": (1, 3, 2, 3, 2, 4),
    "shapes3d": (2, 3, 2, 2, 2, 3),
    "cars3d": (4, 24, 2),
    "smallnorb": (2, 4, 2, 3, 2),
    "falcor3d": (2, 2, 1, 2, 1, 2, 2),
    "isaac3d": (2, 2, 1, 2, 1, 1, 2, 2, 1),
    "mpi3d_toy": (2, 2, 2, 3, 2, 3, 2),
    "mpi3d_realistic": (2, 2, 2, 3, 2, 3, 2),
    "mpi3d_real": (4, 2, 2, 1, 3, 3, 4),  # large enough for the values that MPI3D-Multi freezes: 3, 1, 1, 0, 2
}
DSPRITES = "dsprites/dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
SHAPES3D_NPZ = "3dshapes/look-at-object-room_floor-hueXwall-hueXobj-hueXobj-sizeXobj-shapeXview-azi.npz"
NORB_CHUNKS = ("smallnorb-5x46789x9x18x6x2x96x96-training", "smallnorb-5x01235x9x18x6x2x96x96-testing")


def blocky(num: int, side: int, channels: int, seed: int) -> np.ndarray:
    """(num, side, side, channels) uint8: random squares of 8 x 8 pixels with hard edges, which compress well."""
    coarse = np.random.RandomState(seed).randint(256, size=(num, side // 8, side // 8, channels))
    return coarse.repeat(8, axis=1).repeat(8, axis=2).astype(np.uint8)


def write_npz(path: Path, compress: bool = True, **arrays: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    (np.savez_compressed if compress else np.savez)(path, **arrays)
    return path


def write_dsprites(root: Path, name: str = DSPRITES) -> Path:
    """With the pickled `metadata` of the original, which only the reference reads."""
    sizes = SIZES["dsprites"]
    images = (blocky(int(np.prod(sizes)), 64, 1, seed=1)[..., 0] > 127).astype(np.uint8)
    classes = np.stack(np.unravel_index(np.arange(len(images)), sizes), axis=1)
    metadata = np.array({"latents_sizes": np.array(sizes), "title": "dSprites"}, dtype=object)
    return write_npz(root / name, imgs=images, latents_classes=classes, latents_values=classes.astype(float),
                     metadata=metadata)


def write_scream(root: Path) -> Path:
    """A PNG under the name of the JPEG: no decoder of JPEG is part of the comparison."""
    from PIL import Image

    path = root / "scream" / "scream.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(blocky(1, 400, 3, seed=2)[0, :300]).save(path, format="PNG")
    return path


def shapes3d_images() -> np.ndarray:
    return blocky(int(np.prod(SIZES["shapes3d"])), 64, 3, seed=3)


def write_shapes3d_npz(root: Path) -> Path:
    """The factors as axes in front of the images', as disentanglement_lib expects."""
    sizes = SIZES["shapes3d"]
    labels = np.zeros((*sizes, 6))
    return write_npz(root / SHAPES3D_NPZ, images=shapes3d_images().reshape(*sizes, 64, 64, 3), labels=labels)


def write_shapes3d_h5(root: Path, name: str = "3dshapes/3dshapes.h5", **options: object) -> Path:
    """The public file: flat, compressed in chunks unless `options` say otherwise."""
    import h5py

    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    images = shapes3d_images()
    with h5py.File(path, "w") as file:
        file.create_dataset("images", data=images, **(options or {"chunks": (16, 8, 16, 3), "compression": "gzip"}))
        file.create_dataset("labels", data=np.zeros((len(images), 6)))
    return path


def write_cars3d(root: Path) -> Path:
    """Two cars, written in the reverse of their alphabetical order."""
    from scipy.io import savemat

    folder = root / "cars"
    folder.mkdir(parents=True, exist_ok=True)
    for number in reversed(range(SIZES["cars3d"][2])):
        pictures = blocky(4 * 24, 128, 3, seed=10 + number).reshape(4, 24, 128, 128, 3)
        savemat(folder / f"car_{number:03d}_mesh.mat", {"im": pictures.transpose(2, 3, 4, 1, 0)}, do_compression=True)
    (folder / "list.txt").write_text("car_000_mesh\ncar_001_mesh\n")
    return folder


def write_matrix(path: Path, kind: int, array: np.ndarray) -> None:
    """smallNORB's binary matrix: at least three sizes are written, the spare ones 1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sizes = [*array.shape, 1, 1][: max(3, array.ndim)]
    header = np.array([kind, array.ndim, *sizes], dtype="<i4")
    path.write_bytes(header.tobytes() + array.tobytes())


def write_smallnorb(root: Path) -> Path:
    """Training has the instances 2 and 3, testing 0 and 1; photographs in random order."""
    sizes = SIZES["smallnorb"]
    features = np.stack(np.unravel_index(np.arange(np.prod(sizes)), sizes), axis=1).astype("<i4")
    for part, chunk in enumerate(NORB_CHUNKS):
        rows = features[(features[:, 1] >= 2) == (part == 0)]
        rows = np.random.RandomState(20 + part).permutation(rows)
        pair = blocky(2 * len(rows), 96, 1, seed=30 + part).reshape(len(rows), 2, 96, 96)
        info = rows[:, 1:] * [1, 1, 2, 1]  # the azimuth is stored doubled
        for kind, magic, array in (("dat", 0x1E3D4C55, pair), ("cat", 0x1E3D4C54, rows[:, 0]),
                                   ("info", 0x1E3D4C54, info.astype("<i4"))):
            write_matrix(root / "small_norb" / f"{chunk}-{kind}.mat", magic, array)
    return root / "small_norb"


def write_mpi3d(root: Path, name: str, compress: bool = False) -> Path:
    images = blocky(int(np.prod(SIZES[name])), 64, 3, seed=40 + len(name))
    return write_npz(root / name / f"{name}.npz", compress, images=images)


def write_all(root: Path) -> None:
    """One file for every data set that reads one."""
    write_dsprites(root)
    write_scream(root)
    write_shapes3d_npz(root)
    write_cars3d(root)
    write_smallnorb(root)
    write_mpi3d(root, "mpi3d_toy")
    write_mpi3d(root, "mpi3d_real")


def write_idx(path: Path, images: np.ndarray) -> Path:
    """MNIST's format: magic, three sizes, all big-endian int32, then bytes."""
    import gzip

    path.parent.mkdir(parents=True, exist_ok=True)
    content = np.array([0x803, *images.shape], dtype=">i4").tobytes() + images.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def write_pictures(folder: Path, names: list[str], height: int, width: int) -> None:
    from PIL import Image

    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(blocky(1, max(height, width), 3, seed=60 + number)[0, :height, :width]).save(path)


def write_natural_images(path: Path) -> Path:
    """Ten pictures on the last axis, of values around zero."""
    from scipy.io import savemat

    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"IMAGES": np.random.RandomState(70).normal(size=(40, 40, 10))})
    return path


def write_more(root: Path) -> None:
    """The sets that disentanglement_lib does not have."""
    write_mpi3d(root, "mpi3d_realistic")
    write_npz(root / "mpi3d_complex" / "mpi3d_real_complex.npz", False, images=blocky(72, 64, 3, seed=50))
    digits, clothes = (blocky(20, 32, 1, seed)[:, 2:30, 2:30, 0] for seed in (51, 52))
    write_idx(root / "mnist" / "MNIST" / "raw" / "train-images-idx3-ubyte", digits)
    write_idx(root / "fashion_mnist" / "train-images-idx3-ubyte.gz", clothes)
    write_pictures(root / "celeba" / "img_align_celeba", ["000002.jpg", "000001.jpg", "000003.jpg"], 218, 178)
    chairs = [f"chair_{model}/renders/image_{view}.png" for model in "ba" for view in range(2)]
    write_pictures(root / "chairs" / "rendered_chairs", chairs, 96, 96)
    for folder in ("Falcor3D", "Isaac3D"):
        count = int(np.prod(SIZES[folder.lower()]))
        write_pictures(root / f"{folder}_down128" / "images", [f"{number:06}.png" for number in range(count)], 128, 128)
    write_natural_images(root / "naturalImages" / "IMAGES.mat")
