"""Hostile archives: HDF5 files that are not what they should be, and zip files that unpack to gigabytes."""

from __future__ import annotations

import random
import zipfile
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from hostile_inputs import EVALUATE, _damaged, generator
from hostile_judge import Input

BOMB_BYTES = 3 << 30  # more than a command may take, see hostile_judge.MOST_BYTES
NASTY_VALUES: list[Any] = [
    np.nan, "text", [b"a", b"\xff"], ["x", "y"], [[3.0, 4.0]], [np.nan, np.inf], [-3, 4], [0, 0], [2**62, 2**62], 1j,
    True, np.zeros((0, 3)), np.zeros((1,) * 7, np.uint8), np.zeros(3, dtype=[("a", "f8")])]


@generator("HDF5")
def hdf5(draw: random.Random, world: Path) -> Input:
    """Own data in an .h5 file, one item of which is of another kind, lies elsewhere, claims too much or is damaged."""
    arrays = {"images": np.random.RandomState(0).randint(0, 256, (12, 64, 64, 1), np.uint8),
              "factor_sizes": np.array([3, 4]), "factor_names": ["a", "b"]}
    path = world / draw.choice(["data.h5", "data.hdf5"])
    key = draw.choice(list(arrays))
    what = draw.choice(["value", "damaged", "group", "missing", "soft link", "external link", "external", "virtual",
                        "claims", "filter", "loop", "reference", "nested"])
    with h5py.File(world / "other.h5", "w") as other:
        other.update(arrays)
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            if name != key or what == "damaged":
                file.create_dataset(name, data=array, compression="gzip" if name == "images" else None)
        _put(draw, file, key, what, world)
    if what == "damaged":
        path.write_bytes(_damaged(draw, path.read_bytes()))
    bindings = ["--gin_bindings", "dataset.name = 'custom'", f"custom_data.path = '{path.name}'"]
    command, arguments = draw.choice([
        ("data", ["preview", "custom", "--output", "new/a.png", *bindings]),
        ("train", ["--model_dir", "new/model", "--gin_config", "train.gin", *bindings]),
        (EVALUATE[0], [*EVALUATE[1], "--gin_config", "metric.gin", *bindings])])
    return Input("HDF5", f"{path.name} {key} {what}", command, arguments)


def _put(draw: random.Random, file: h5py.File, key: str, what: str, world: Path) -> None:
    """Puts something under a name that is not what a reader hopes for."""
    shape = (12, 64, 64, 1)
    if what == "value":
        file[key] = draw.choice(NASTY_VALUES)
    elif what == "group":
        file.create_group(key)["a"] = 1
    elif what == "soft link":
        file[key] = h5py.SoftLink(draw.choice(["/nothing", "/", "."]))
    elif what == "external link":
        file[key] = h5py.ExternalLink(draw.choice(["other.h5", "/dev/zero", "nothing.h5"]), key)
    elif what == "external":
        file.create_dataset(key, shape, np.uint8, external=[(str(world / "other.h5"), 0, 12 * 64 * 64)])
    elif what == "virtual":
        layout = h5py.VirtualLayout(shape, np.uint8)
        layout[:] = h5py.VirtualSource("other.h5", "images", shape)
        file.create_virtual_dataset(key, layout)
    elif what == "claims":
        file.create_dataset(key, (10**draw.randint(6, 12), 64, 64, 1), np.uint8, chunks=(1, 64, 64, 1))
    elif what == "filter":
        file.create_dataset(key, data=np.zeros(shape, np.uint8), compression="lzf", shuffle=True, fletcher32=True)
    elif what == "loop":
        file[key] = h5py.SoftLink(f"/{key}")
    elif what == "reference":
        file.create_dataset(key, data=np.array([file.ref] * 3, dtype=h5py.ref_dtype))
    elif what == "nested":
        group = file
        for _ in range(500):
            group = group.create_group("g")
        file[key] = group


@generator("bomb")
def bomb(draw: random.Random, world: Path) -> Input:
    """A zip file, a member of which unpacks to gigabytes: a model, a checkpoint, own data, codes, or a run's matrix."""
    matrix = next((world / "run").rglob("*.npz"))
    path, member, command, arguments = draw.choice([
        (world / "theirs.pt", "archive/data/0", "export", ["--inspect", "theirs.pt"]),
        (world / "theirs.pt2", "archive/data/weights/weight_0", "export", ["--inspect", "theirs.pt2"]),
        (world / "theirs.pth", "archive/data.pkl", "export", ["--from", "theirs.pth", "--output_dir", "new/export"]),
        (world / "run" / "model" / "checkpoint.pt", "checkpoint/data/0", "train",
         ["--model_dir", "run/model", "--gin_config", "train.gin", "--resume"]),
        (world / "run" / "representation" / "pytorch_model.pt", "representation/data/0", "evaluate",
         [*EVALUATE[1], "--gin_config", "metric.gin", "--backend", "torchscript"]),
        (world / "data.npz", "images.npy", "train", ["--model_dir", "new/model", "--gin_config", "own.gin"]),
        (world / "map.npz", "matrix.npy", "export",
         ["--model_dir", "run/model", "--output_dir", "new/export", "--gin_config", "linear.gin"]),
        (matrix, "matrix.npy", "report", ["run", "--output_path", "new/report.html", "--no_pictures"]),
        (world / "codes.npz", "codes.npy", "evaluate",
         ["--codes", "codes.npz", "--data_set", "dummy_data", "--gin_config", "mig", "--output_dir", "new/metrics"])])
    members = {"archive/data.pkl": b"\x80\x02}.", **_members(path)}
    members.pop(member, None)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.writestr(member, _deflated_zeros(_header(BOMB_BYTES) if member.endswith(".npy") else b""))
        claimed = archive.getinfo(member)  # the list at the archive's end, which is written last, says what it is
        claimed.compress_type, claimed.file_size = zipfile.ZIP_DEFLATED, BOMB_BYTES
    return Input("bomb", f"{path.name} {member}", command, list(arguments), must_refuse=command != "report")


def _deflated_zeros(head: bytes) -> bytes:
    """What unpacks to a head and BOMB_BYTES zeros.  After a full flush, a block is deflated as the same one before."""
    packer, block = zlib.compressobj(9, zlib.DEFLATED, -15), bytes(1 << 24)
    start = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    zeros = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + zeros * (BOMB_BYTES // len(block)) + packer.flush()


def _members(path: Path) -> dict[str, bytes]:
    if not path.exists():
        return {}
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _header(num_bytes: int) -> bytes:
    """That of an .npy file of so many bytes."""
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({num_bytes >> 12}, 64, 64, 1)}}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()
