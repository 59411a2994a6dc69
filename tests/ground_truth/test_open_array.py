"""Arrays in files: the same rows from every container, little memory, and a sentence for every damage."""

import pathlib
import pickle

import h5py
import numpy as np
import pytest
from fake_data_files import write_npz

from unbraid.common.errors import DataError, MissingDataError
from unbraid.ground_truth.files.arrays import decoded
from unbraid.ground_truth.files.arrays.array_file import ArrayFile
from unbraid.ground_truth.files.arrays.decoded import open_images
from unbraid.ground_truth.files.arrays.open_array import array_source

ARRAY = np.random.RandomState(0).randint(256, size=(50, 6, 5), dtype=np.uint8)
ROWS = np.array([3, 4, 5, 49, 0, 0, 17])


def write(path):
    kind = path.name
    if kind.endswith(".npz"):
        write_npz(path, compress="compressed" in kind, other=np.zeros(3), images=ARRAY)
    elif kind.endswith(".npy"):
        np.save(path, ARRAY)
    else:
        options = {"chunks": (7, 3, 5), "compression": "gzip"} if "compressed" in kind else {}
        with h5py.File(path, "w") as file:
            file.create_dataset("images", data=ARRAY, **options)
    return path


@pytest.fixture(params=["stored.npz", "compressed.npz", "array.npy", "stored.h5", "compressed.hdf5"])
def path(request, tmp_path):
    return write(tmp_path / request.param)


def test_every_container_gives_the_same_rows(path):
    images = open_images(array_source(path, "pictures", "images"))
    np.testing.assert_array_equal(images[ROWS], ARRAY[ROWS])
    np.testing.assert_array_equal(images[10:20], ARRAY[10:20])
    assert images[np.array([], dtype=int)].shape == (0, 6, 5)


def test_only_compressed_arrays_are_copied(path, tmp_path):
    open_images(array_source(path, "images"))
    copies = list((tmp_path / "cache").glob("*")) if (tmp_path / "cache").exists() else []
    assert len(copies) == ("compressed" in path.name)


def test_rows_survive_pickling(path):
    images = open_images(array_source(path, "images"))
    images[ROWS]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(images))[ROWS], ARRAY[ROWS])


def test_a_copy_is_made_once_and_again_when_the_file_changes(tmp_path, caplog):
    caplog.set_level("INFO", logger="unbraid.ground_truth.files.arrays.decoded")
    path = write(tmp_path / "compressed.npz")
    for _ in range(2):
        open_images(array_source(path, "images"))
    assert caplog.text.count("Decoding") == 1
    write_npz(path, images=ARRAY[::-1])
    np.testing.assert_array_equal(open_images(array_source(path, "images"))[ROWS], ARRAY[::-1][ROWS])


def test_a_damaged_copy_is_noticed(tmp_path):
    copy = open_images(array_source(write(tmp_path / "compressed.npz"), "images"))
    assert decoded.check(copy)
    content = bytearray(copy.path.read_bytes())
    content[-100] ^= 1
    copy.path.write_bytes(content)
    assert not decoded.check(open_images(array_source(tmp_path / "compressed.npz", "images")))


def test_a_full_disk_is_said_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(decoded.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10})())
    with pytest.raises(DataError, match=r"takes 0\.0 GB in .*set UNBRAID_CACHE to a folder on another disk"):
        open_images(array_source(write(tmp_path / "compressed.npz"), "images"))
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_reshaped_array_is_streamed_in_small_blocks(tmp_path):
    path = write_npz(tmp_path / "grid.npz", images=ARRAY.reshape(5, 10, 6, 5))
    source = array_source(path, "images").reshape((50, 6, 5))
    np.testing.assert_array_equal(open_images(source)[ROWS], ARRAY[ROWS])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingDataError, match=r"There is no file .*nowhere\.npz"):
        array_source(tmp_path / "nowhere.npz", "images")


def test_a_missing_key_is_answered_with_those_present(path):
    if path.suffix != ".npy":
        with pytest.raises(DataError, match="has no array 'labels'; it holds: images"):
            array_source(path, "labels")


def test_an_unknown_suffix_is_answered_with_those_known(tmp_path):
    (tmp_path / "images.mat").touch()
    with pytest.raises(DataError, match=r"suffix '\.mat'; expected one of \.npy, \.npz, \.h5, \.hdf5, \.hdf"):
        array_source(tmp_path / "images.mat", "images")


def test_a_truncated_file_is_an_error(path):
    path.write_bytes(path.read_bytes()[:-700])
    with pytest.raises(DataError, match="truncated"):
        open_images(array_source(path, "images"))


def test_damage_inside_a_compressed_member_is_an_error(tmp_path):
    path = write_npz(tmp_path / "compressed.npz", images=np.tile(ARRAY, (40, 1, 1)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"is not a whole \.npz archive"):
        open_images(array_source(path, "images"))
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_file_cut_short_while_in_use_is_an_error(tmp_path):
    path = write(tmp_path / "array.npy")
    images = open_images(array_source(path))
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(DataError, match="ended at byte"):
        images[ROWS]


def test_rows_that_do_not_exist_are_refused(path):
    with pytest.raises(IndexError, match="has the rows 0 to 49; asked for 0 to 50"):
        open_images(array_source(path, "images"))[np.array([0, 50])]


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
def test_pickles_are_never_loaded(tmp_path, suffix):
    path = tmp_path / f"pickled{suffix}"
    objects = np.array([{"a": 1}], dtype=object)
    np.savez(path, images=objects) if suffix == ".npz" else np.save(path, objects)
    with pytest.raises(DataError, match="holds pickled objects, which are never loaded"):
        array_source(path, "images")


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
@pytest.mark.parametrize("compress", [False, True])
def test_arrays_in_column_order_are_read(tmp_path, suffix, compress):
    path, array = tmp_path / f"array{suffix}", np.asfortranarray(ARRAY)
    if suffix == ".npz":
        write_npz(path, compress=compress, images=array)
    else:
        np.save(path, array)
    source = array_source(path, "images")
    np.testing.assert_array_equal(source.load(), ARRAY)
    np.testing.assert_array_equal(open_images(source)[ROWS], ARRAY[ROWS])
    path.write_bytes(path.read_bytes()[:-700])
    with pytest.raises(DataError, match="truncated"):
        array_source(path, "images").load()


OBJECTS = {
    "ints": (np.arange(6, dtype=object).reshape(2, 3), np.arange(6).reshape(2, 3)),
    "columns": (np.asfortranarray(np.arange(6, dtype=object).reshape(2, 3)), np.arange(6).reshape(2, 3)),
    "numpy scalars": (np.array([np.float32(0.5), np.int64(2), np.bool_(True)], dtype=object), np.array([0.5, 2, 1])),
    "texts": (np.array(["a", b"bc", np.str_("d")], dtype=object), np.array(["a", "bc", "d"])),
    "missing": (np.array([1, None], dtype=object), np.array([1, np.nan])),
}


@pytest.mark.parametrize(("array", "expected"), OBJECTS.values(), ids=OBJECTS)
def test_objects_that_are_numbers_or_texts_are_read_without_unpickling(tmp_path, array, expected, monkeypatch):
    np.savez(tmp_path / "objects.npz", factors=array)
    monkeypatch.setattr(pickle, "load", None)
    monkeypatch.setattr(pickle, "loads", None)
    np.testing.assert_array_equal(array_source(tmp_path / "objects.npz", "factors").load(), expected)


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return pathlib.Path.touch, (self.path,)


@pytest.mark.parametrize("contents", [
    lambda path: [Evil(path)], lambda path: [1, Evil(path)], lambda path: [{"a": 1}], lambda path: [[1, 2], [3]],
    lambda path: [1, "a"], lambda path: [np.datetime64("2020-01-01")]])
def test_objects_that_are_neither_are_refused_and_never_run(tmp_path, contents):
    path = tmp_path / "objects.npz"
    values = contents(tmp_path / "ran")
    array = np.empty(len(values), dtype=object)
    array[:] = values
    np.savez(path, factors=array)
    with pytest.raises(DataError, match=r"'factors' in .* holds pickled objects, which are never loaded"):
        array_source(path, "factors")
    assert not (tmp_path / "ran").exists()


def test_texts_of_hdf5_are_read(tmp_path):
    with h5py.File(tmp_path / "texts.h5", "w") as file:
        file["variable"] = ["red", "green"]
        file["fixed"] = np.array([b"red", b"green"])
    np.testing.assert_array_equal(array_source(tmp_path / "texts.h5", "variable").load(), ["red", "green"])
    np.testing.assert_array_equal(array_source(tmp_path / "texts.h5", "fixed").load(), ["red", "green"])


def test_a_folder_of_arrays_is_read_like_a_file_of_them(tmp_path):
    np.save(tmp_path / "imgs.npy", ARRAY)
    np.save(tmp_path / "latents_classes.npy", ARRAY[:, 0])
    np.testing.assert_array_equal(array_source(tmp_path, "images", "imgs").load(), ARRAY)
    with pytest.raises(DataError, match="has no array 'images'; it holds: imgs, latents_classes"):
        array_source(tmp_path, "images")


def test_something_else_under_the_name_of_an_array_is_an_error(tmp_path):
    for suffix, message in ((".npy", "is not a numpy array"), (".npz", "is not a whole .npz archive"),
                            (".h5", "is not a whole HDF5 file")):
        (tmp_path / f"text{suffix}").write_text("404 not found, a page of HTML")
        with pytest.raises(DataError, match=message):
            array_source(tmp_path / f"text{suffix}", "images")


def test_reading_visits_no_more_than_asked_for(tmp_path):
    path = tmp_path / "large.npy"
    header = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(1 << 20, 4096))  # sparse: 4 GB of zeros
    header.flush()
    rows = array_source(path).in_place()
    assert isinstance(rows, ArrayFile)
    assert not rows[np.array([0, 1 << 19, (1 << 20) - 1])].any()
