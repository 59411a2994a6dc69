"""Fake data files, grids as small as theirs, and a cache of their own for every test of this floor."""

import sys
from pathlib import Path

import pytest

from unbraid.ground_truth.sets import cars3d, dsprites, dsprites_variants, falcor3d, mpi3d, norb, shapes3d

sys.path.insert(0, str(Path(__file__).parent))  # for fake_data_files, which record_goldens.py uses as well

import fake_data_files


@pytest.fixture(autouse=True)
def empty_root(tmp_path, monkeypatch):
    """A data root without files, and a cache without copies."""
    monkeypatch.setenv("DISENTANGLEMENT_LIB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("UNBRAID_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("DISENT_DATA_ROOT", raising=False)
    return tmp_path / "data"


@pytest.fixture(scope="session")
def fake_root(tmp_path_factory):
    """A folder with a small file for every data set that reads one; never written to."""
    root = tmp_path_factory.mktemp("fake_data")
    fake_data_files.write_all(root)
    return root


@pytest.fixture
def small_grids(monkeypatch):
    """Tells the data sets that their grids are those of the fake files."""
    sizes = fake_data_files.SIZES
    for data_set, grid in {
        dsprites.Sprites: sizes["dsprites"],
        dsprites.SpritesOfOneShape: sizes["dsprites"][2:],
        dsprites_variants.AbstractDSprites: (5, 6, *sizes["dsprites"]),
        shapes3d.Shapes3D: sizes["shapes3d"],
        cars3d.Cars3D: sizes["cars3d"],
        norb.SmallNORB: sizes["smallnorb"],
        falcor3d.Falcor3D: sizes["falcor3d"],
        falcor3d.Isaac3D: sizes["isaac3d"],
    }.items():
        monkeypatch.setattr(data_set, "grid_factor_sizes", grid)
    for variant, grid in {mpi3d.MPI3DToy: sizes["mpi3d_toy"], mpi3d.MPI3DRealistic: sizes["mpi3d_realistic"],
                          mpi3d.MPI3DReal: sizes["mpi3d_real"], mpi3d.MPI3DComplex: (2, 1, 1, 3, 2, 3, 2)}.items():
        monkeypatch.setattr(variant, "generations", (grid,))


@pytest.fixture
def fake_data(fake_root, small_grids, monkeypatch):
    """All data sets can be opened: their files are there and their grids as small as the files say."""
    monkeypatch.setenv("DISENTANGLEMENT_LIB_DATA", str(fake_root))
    return fake_root
