"""The files of a data set: every kind of own data says what it is read from, and a change of content is seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from unbraid.common.configuration.parsing import configured
from unbraid.ground_truth.named_data import data_identity, data_set_key, get_named_ground_truth_data

FACTORS = np.stack([axis.ravel() for axis in np.indices((3, 4))], axis=1)


def images(seed: int) -> np.ndarray:
    return np.random.RandomState(seed).randint(0, 256, (12, 16, 16), dtype=np.uint8)


def write_npz(folder: Path, seed: int) -> Path:
    np.savez(folder / "data.npz", images=images(seed), factors=FACTORS)
    return folder / "data.npz"


def write_compressed(folder: Path, seed: int) -> Path:
    np.savez_compressed(folder / "data.npz", images=images(seed), factors=FACTORS)
    return folder / "data.npz"


def write_h5(folder: Path, seed: int) -> Path:
    with h5py.File(folder / "data.h5", "w") as file:
        file["images"], file["factors"] = images(seed), FACTORS
    return folder / "data.h5"


def write_other_factors(folder: Path, seed: int) -> Path:
    np.savez(folder / "data.npz", images=images(0), factors=FACTORS[np.random.RandomState(seed).permutation(12)])
    return folder / "data.npz"


def write_pictures(folder: Path, seed: int) -> Path:
    place = folder / "pictures"
    for number, picture in enumerate(images(0)):
        (place / f"class_{number % 3}").mkdir(parents=True, exist_ok=True)
        changed = images(seed)[number] if number == 5 else picture  # one in the middle
        Image.fromarray(changed).save(place / f"class_{number % 3}" / f"{number}.png")
    return place


def write_table_beside_pictures(folder: Path, seed: int) -> Path:
    place = folder / "pictures"
    place.mkdir(exist_ok=True)
    for number, picture in enumerate(images(0)):
        Image.fromarray(picture).save(place / f"{number:02}.png")
    rows = FACTORS[np.random.RandomState(seed).permutation(12)]
    lines = ["file,first,second", *(f"{number:02}.png,{row[0]},{row[1]}" for number, row in enumerate(rows))]
    (place / "factors.csv").write_text("\n".join(lines))
    return place


@pytest.mark.parametrize("write", [write_npz, write_compressed, write_h5, write_other_factors, write_pictures,
                                   write_table_beside_pictures])
def test_a_change_of_any_file_is_seen_and_nothing_else(tmp_path: Path, monkeypatch, write: Callable) -> None:
    monkeypatch.setenv("UNBRAID_CACHE", str(tmp_path / "cache"))

    def identity(seed: int) -> dict[str, str]:
        path = write(tmp_path, seed)
        with configured([], ["dataset.name = 'custom'", f"custom_data.path = '{path}'"]):
            return data_identity(get_named_ground_truth_data())

    first = identity(1)
    assert first
    assert identity(1) == first
    assert identity(2) != first


def test_drawn_data_has_no_files() -> None:
    with configured([], ["dataset.name = 'threeDots'"]):
        assert data_identity(get_named_ground_truth_data()) == {}


def test_two_files_by_the_name_custom_are_two_data_sets(tmp_path: Path) -> None:
    """Metrics of one command share their data sets by name; a configuration may bind another path."""
    known: dict = {}
    for seed in (1, 2):
        (tmp_path / str(seed)).mkdir()
        path = write_npz(tmp_path / str(seed), seed)
        with configured([], ["dataset.name = 'custom'", f"custom_data.path = '{path}'"]):
            data = get_named_ground_truth_data(known=known)
            assert data_set_key("custom") in known
        np.testing.assert_array_equal(np.round(data.sample_observations(1, np.random.RandomState(0))[0][..., 0] * 255),
                                      images(seed)[np.random.RandomState(0).randint([3, 4]) @ [4, 1]])
    assert len(known) == 2


def test_a_class_of_ones_own_lists_the_files_it_opens_itself(tmp_path: Path) -> None:
    path = tmp_path / "mine.bin"
    path.write_bytes(b"one")

    class Mine:
        files = (path,)

    before = data_identity(Mine())
    path.write_bytes(b"two")
    assert data_identity(Mine()) != before
