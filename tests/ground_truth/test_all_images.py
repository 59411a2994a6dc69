"""All images of a data set, in the order of `unbraid-evaluate --codes`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unbraid.ground_truth.__main__ import main


@pytest.fixture
def own(tmp_path: Path) -> tuple[np.ndarray, list[str]]:
    """Six images of a grid that are stored in no plain order, and the bindings that name them."""
    images = np.random.RandomState(0).randint(256, size=(6, 5, 4, 3)).astype(np.uint8)
    factors = np.stack(np.unravel_index(np.random.RandomState(1).permutation(6), (2, 3)), axis=1)
    np.savez(tmp_path / "own.npz", images=images, factors=factors)
    return images, ["--gin_bindings", f"custom_data.path = '{tmp_path / 'own.npz'}'"]


def write(name: str, output: Path, *more: str) -> int:
    return main(["images", name, "--output", str(output), *more])


def test_images_keep_the_order_of_their_file(own: tuple[np.ndarray, list[str]], tmp_path: Path,
                                             capsys: pytest.CaptureFixture[str]) -> None:
    images, bindings = own
    assert write("custom", tmp_path / "floats.npy", *bindings) == 0
    assert "6 x 5 x 4 x 3, float32" in capsys.readouterr().out
    assert write("custom", tmp_path / "bytes.npy", "--uint8", *bindings) == 0
    assert (np.load(tmp_path / "bytes.npy", mmap_mode="r") == images).all()
    floats = np.load(tmp_path / "floats.npy", mmap_mode="r")
    assert floats.dtype == np.float32
    assert (floats == images / np.float32(255)).all()


@pytest.mark.parametrize("name", ["noisy_dsprites", "no_such_set"])
def test_what_has_no_list_of_images_is_said(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write(name, tmp_path / "images.npy") == 2
    assert ("each is drawn anew" in (error := capsys.readouterr().err)) or "Unknown data set" in error
    assert not (tmp_path / "images.npy").exists()
