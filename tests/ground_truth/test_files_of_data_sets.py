"""The data sets' own files: folders of other projects, both generations, the documented choices, and bad input."""

import os

import h5py
import numpy as np
import pytest
from fake_data_files import (
    NORB_CHUNKS,
    SIZES,
    blocky,
    shapes3d_images,
    write_cars3d,
    write_dsprites,
    write_matrix,
    write_mpi3d,
    write_natural_images,
    write_npz,
    write_pictures,
    write_scream,
    write_shapes3d_h5,
    write_shapes3d_npz,
    write_smallnorb,
)
from PIL import Image

from unbraid.common.errors import DataError, MissingDataError
from unbraid.ground_truth.registry import data_sets
from unbraid.ground_truth.sets import dsprites, mpi3d
from unbraid.ground_truth.sets.natural_images import cut

NPZ = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64"


@pytest.fixture
def root(empty_root, small_grids):
    """An empty data root, and grids as small as the fake files'."""
    empty_root.mkdir()
    return empty_root


def open_data(name):
    return data_sets()[name]()


def all_images(name):
    data = open_data(name)
    return data.render(np.arange(data.num_images), None)


def test_the_root_is_read_when_a_data_set_is_opened(root, tmp_path, monkeypatch):
    write_shapes3d_npz(tmp_path / "elsewhere")
    with pytest.raises(MissingDataError):
        open_data("shapes3d")
    monkeypatch.setenv("DISENTANGLEMENT_LIB_DATA", str(tmp_path / "elsewhere"))
    assert open_data("shapes3d").num_images == np.prod(SIZES["shapes3d"])


@pytest.mark.parametrize("layout", [
    "dsprites/imgs.npy", "dsprites/dsprite_train.npz", f"dsprites/{NPZ}.hdf5", f"{NPZ}.npz"])
def test_dsprites_is_read_from_every_known_layout(root, layout):
    path = root / layout
    with np.load(write_dsprites(root.parent / "original"), allow_pickle=False) as archive:
        images = archive["imgs"]
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, images)
    elif path.suffix == ".npz":
        np.savez(path, imgs=images)
    else:
        with h5py.File(path, "w") as file:
            file["imgs"] = images
    np.testing.assert_array_equal(all_images("dsprites_full")[..., 0], images)


def test_disents_dsprites_with_white_255_is_the_same(root, tmp_path, monkeypatch):
    monkeypatch.setenv("DISENT_DATA_ROOT", str(tmp_path / "disent"))
    images = blocky(int(np.prod(SIZES["dsprites"])), 64, 1, seed=1) // 128 * 255
    path = tmp_path / "disent" / "dsprites" / f"gen.{NPZ}.hdf5"
    path.parent.mkdir(parents=True)
    with h5py.File(path, "w") as file:
        file["imgs"] = images
    np.testing.assert_array_equal(all_images("dsprites_full"), images / 255)


def test_the_users_dsprites_wins_over_the_renderer(root):
    drawn = open_data("dsprites_full").sprites
    write_dsprites(root)
    assert drawn is dsprites.draw_sprites
    assert open_data("dsprites_full").sprites is not drawn


def test_the_public_h5_and_the_reference_npz_of_shapes3d_are_the_same(root):
    write_shapes3d_h5(root)
    from_h5 = all_images("shapes3d")
    np.testing.assert_array_equal(from_h5, shapes3d_images() / np.float32(255))
    write_shapes3d_npz(root)
    np.testing.assert_array_equal(all_images("shapes3d"), from_h5)


def test_shapes3d_is_read_in_place_where_it_is_not_compressed(root, tmp_path):
    write_shapes3d_h5(root, "3dshapes.h5", chunks=None)
    np.testing.assert_array_equal(all_images("shapes3d"), shapes3d_images() / np.float32(255))
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("sizes", [(2, 2, 2, 3, 2, 3, 2), (3, 2, 2, 3, 2, 3, 2)])
def test_the_number_of_images_decides_the_generation_of_mpi3d(root, monkeypatch, sizes):
    monkeypatch.setattr(mpi3d.MPI3DToy, "generations", ((2, 2, 2, 3, 2, 3, 2), (3, 2, 2, 3, 2, 3, 2)))
    write_npz(root / "mpi3d_toy" / "mpi3d_toy.npz", False, images=blocky(int(np.prod(sizes)), 64, 3, seed=0))
    assert open_data("mpi3d_toy").factors_num_values == list(sizes)


def test_the_generations_of_mpi3d_are_the_published_ones():
    assert {np.prod(mpi3d.CHALLENGE_SIZES), np.prod(mpi3d.FINAL_SIZES)} == {460_800, 1_036_800}
    assert mpi3d.MPI3DToy.generations == mpi3d.MPI3DRealistic.generations == (mpi3d.CHALLENGE_SIZES, mpi3d.FINAL_SIZES)


def test_mpi3d_of_another_size_names_both_generations(root, monkeypatch):
    monkeypatch.setattr(mpi3d.MPI3DToy, "generations", (mpi3d.CHALLENGE_SIZES, mpi3d.FINAL_SIZES))
    write_mpi3d(root, "mpi3d_toy")
    with pytest.raises(DataError, match=r"has 288 images; expected 460800 \(factor sizes 4,4,2,3,3,40,40\) or 1036800 "
                                        r"\(factor sizes 6,6,2,3,3,40,40\)"):
        open_data("mpi3d_toy")


def test_cars_are_numbered_by_file_name_whatever_the_folder_lists(root, monkeypatch):
    folder = write_cars3d(root)
    images = all_images("cars3d")
    for number, name in enumerate(sorted(path.name for path in folder.glob("*.mat"))):
        os.rename(folder / name, root / f"swap_{number}")
    os.rename(root / "swap_0", folder / "car_001_mesh.mat")
    os.rename(root / "swap_1", folder / "car_000_mesh.mat")
    swapped = all_images("cars3d")
    np.testing.assert_array_equal(swapped[0::2], images[1::2])
    np.testing.assert_array_equal(swapped[1::2], images[0::2])


def test_disents_cars_are_resized_like_the_originals(root):
    write_cars3d(root)
    images = all_images("cars3d")
    os.rename(root / "cars", root / "not_cars")
    cars = [blocky(96, 128, 3, seed=10 + number) for number in range(2)]
    write_npz(root / "cars3d" / "cars3d.npz", images=np.stack(cars, axis=1).reshape(-1, 128, 128, 3))
    np.testing.assert_array_equal(all_images("cars3d"), images)


def test_smallnorb_is_not_clipped_where_resizing_overshoots(root):
    write_smallnorb(root)
    images = all_images("smallnorb")
    assert images.min() < 0
    assert images.max() > 1


def test_mpi3d_multi_reports_all_28_factors_and_only_8_matter(root):
    write_mpi3d(root, "mpi3d_real")
    parity, effective = open_data("mpi3d_multi_real"), open_data("mpi3d_multi_real_effective")
    assert parity.num_factors == len(parity.factors_num_values) == 28
    assert effective.factors_num_values == [3, 4] * 4
    factors = parity.sample_factors(4, np.random.RandomState(0))
    shown = np.asarray(parity.sample_observations_from_factors(factors, np.random.RandomState(0)))
    dead = factors.copy().reshape(4, 4, 7)
    dead[:, :, :5] = 0
    np.testing.assert_array_equal(
        np.asarray(parity.sample_observations_from_factors(dead.reshape(4, 28), np.random.RandomState(0))), shown)


def test_natural_patches_are_cut_with_a_seed_as_scikit_learn_would(root):
    from sklearn.feature_extraction.image import extract_patches_2d

    pictures = np.random.RandomState(0).uniform(size=(3, 40, 40))
    state = np.random.RandomState(7)
    expected = np.concatenate([extract_patches_2d(picture, (16, 16), max_patches=50, random_state=state)
                               for picture in pictures])
    np.testing.assert_array_equal(cut(pictures, 50, np.random.RandomState(7))[..., 0], expected.astype(np.float32))


def test_natural_patches_span_zero_to_one_and_differ_between_train_and_test(root):
    write_natural_images(root / "naturalImages" / "IMAGES.mat")
    train, test = open_data("natural_images"), open_data("natural_images_test")
    assert (train.num_images, test.num_images) == (100_000, 10_000)
    assert (train.patches.min(), train.patches.max()) == (0, 1)
    assert not np.array_equal(train.patches[:1000], test.patches[:1000])


def test_jl1s_own_patches_are_preferred(root):
    write_natural_images(root / "naturalImages" / "IMAGES.mat")
    patches = np.random.RandomState(0).uniform(size=(12, 1, 16, 16))
    write_npz(root / "naturalImages" / "train" / "data.npz", images=patches)
    np.testing.assert_array_equal(open_data("natural_images").patches[..., 0], patches[:, 0].astype(np.float32))


def test_pictures_are_in_order_of_name(root):
    from fake_data_files import write_pictures

    write_pictures(root / "celeba" / "img_align_celeba", ["b.jpg", "a.jpg"], 218, 178)
    images = all_images("celeba")
    (root / "celeba" / "img_align_celeba" / "b.jpg").unlink()
    np.testing.assert_array_equal(all_images("celeba")[0], images[0])


def spoil(path, start, content):
    data = bytearray(path.read_bytes())
    data[start : start + len(content)] = content
    path.write_bytes(data)


def bad_dsprites_shape(root):
    write_npz(root / "dsprites" / f"{NPZ}.npz", imgs=np.zeros((10, 64, 64), dtype=np.uint8))


def bad_dsprites_values(root):
    images = np.zeros((144, 64, 64), dtype=np.uint8)
    images[100, 0, 0], images[101, 0, 0] = 1, 2
    write_npz(root / "dsprites" / f"{NPZ}.npz", imgs=images)


def truncated_mpi3d(root):
    path = write_mpi3d(root, "mpi3d_real")
    path.write_bytes(path.read_bytes()[: -path.stat().st_size // 3])


def wrong_key(root):
    write_npz(root / "mpi3d_real" / "mpi3d_real.npz", arr_0=np.zeros(3))


def floats(root):
    write_npz(root / "mpi3d_real" / "mpi3d_real.npz", images=np.zeros((3, 64, 64, 3)))


def too_few_cars(root):
    next(write_cars3d(root).glob("*.mat")).unlink()


def broken_car(root):
    path = sorted(write_cars3d(root).glob("*.mat"))[1]
    path.write_bytes(path.read_bytes()[:3000])


def car_of_another_shape(root):
    from scipy.io import savemat

    savemat(sorted(write_cars3d(root).glob("*.mat"))[0], {"im": np.zeros((2, 2), dtype=np.uint8)})


def car_without_images(root):
    from scipy.io import savemat

    savemat(sorted(write_cars3d(root).glob("*.mat"))[0], {"mask": np.zeros(2)})


@pytest.mark.parametrize(("name", "weights"), [
    ("falcor3d", {"lighting_intensity": 46656, "lighting_x_direction": 7776, "lighting_y_direction": 1296,
                  "lighting_z_direction": 216, "camera_x": 36, "camera_y": 6, "camera_z": 1}),
    ("isaac3d", {"object_shape": 245760, "robot_x": 30720, "robot_y": 6144, "camera_height": 1536, "object_scale": 384,
                 "lighting_intensity": 96, "lighting_y_direction": 16, "object_color": 4, "wall_color": 1}),
])
def test_rooms_are_numbered_by_the_published_weights(name, weights):
    data = data_sets()[name]
    assert tuple(weights) == data.grid_factor_names
    below = np.cumprod((*data.grid_factor_sizes[1:], 1)[::-1])[::-1]
    assert list(below) == list(weights.values())


def test_rooms_are_resized_as_their_papers_do(root):
    write_pictures(root / "Isaac3D_down128" / "images", [f"{number:06}.png" for number in range(32)], 128, 128)
    data = data_sets()["isaac3d"]()
    factors = np.array([[1, 0, 0, 1, 0, 0, 1, 0, 0]])
    number = int(np.ravel_multi_index(tuple(factors[0]), data.grid_factor_sizes))
    with Image.open(root / "Isaac3D_down128" / "images" / f"{number:06}.png") as picture:
        expected = np.asarray(picture.resize((64, 64), Image.Resampling.BICUBIC)) / np.float32(255)
    np.testing.assert_array_equal(data.sample_observations_from_factors(factors, np.random.RandomState(0))[0], expected)


def compressed_norb(root):
    spoil(write_smallnorb(root) / f"{NORB_CHUNKS[0]}-dat.mat", 0, b"\x1f\x8b\x08\x08")


def short_norb(root):
    path = write_smallnorb(root) / f"{NORB_CHUNKS[1]}-dat.mat"
    path.write_bytes(path.read_bytes()[:-1])


def doubled_norb(root):
    path = write_smallnorb(root) / f"{NORB_CHUNKS[0]}-cat.mat"
    write_matrix(path, 0x1E3D4C54, np.zeros(48, dtype="<i4"))


def foreign_norb(root):
    path = write_smallnorb(root) / f"{NORB_CHUNKS[0]}-cat.mat"
    write_matrix(path, 0x1E3D4C54, np.full(48, 7, dtype="<i4"))


def norb_without_testing(root):
    (write_smallnorb(root) / f"{NORB_CHUNKS[1]}-cat.mat").unlink()


def small_scream(root):
    from PIL import Image

    Image.new("RGB", (300, 60)).save(write_scream(root), format="PNG")


def no_scream(root):
    write_scream(root).write_text("404")


def short_mnist(root):
    path = root / "mnist" / "train-images-idx3-ubyte"
    path.parent.mkdir()
    path.write_bytes(np.array([0x803, 10, 28, 28], dtype=">i4").tobytes() + bytes(100))


def labels_for_mnist(root):
    path = root / "mnist" / "train-images-idx3-ubyte"
    path.parent.mkdir()
    path.write_bytes(np.array([0x801, 10], dtype=">i4").tobytes() + bytes(10))


def short_gzip(root):
    import gzip

    path = root / "fashion_mnist" / "train-images-idx3-ubyte.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress(np.random.RandomState(0).bytes(9000))[:500])


def broken_picture(root):
    path = root / "celeba" / "img_align_celeba" / "000001.jpg"
    path.parent.mkdir(parents=True)
    path.write_text("not a picture")


def missing_room(root):
    write_pictures(root / "Falcor3D_down128" / "images", [f"{number:06}.png" for number in range(1, 33)], 128, 128)


def other_patches(root):
    write_npz(root / "naturalImages" / "train" / "data.npz", images=np.zeros((5, 1, 8, 8)))


def broken_pictures(root):
    (root / "naturalImages").mkdir()
    (root / "naturalImages" / "IMAGES.mat").write_text("not a MATLAB file")


BAD = [
    ("dsprites_full", bad_dsprites_shape, r"'imgs' in .* has shape \(10, 64, 64\) .*; dSprites is \(144, 64, 64\)"),
    ("dsprites_full", bad_dsprites_values, "'imgs' in .* has pixels of the values 0, 1, 2; dSprites has 0 and 1, or"),
    ("mpi3d_real", truncated_mpi3d, r"mpi3d_real\.npz is not a whole \.npz archive .* may be truncated"),
    ("mpi3d_real", wrong_key, "has no array 'images'; it holds: arr_0"),
    ("mpi3d_real", floats, r"has shape \(3, 64, 64, 3\) and type float64; expected .*\(N, 64, 64, 3\) and type uint8"),
    ("cars3d", too_few_cars, r"has 1 \.mat files; Cars3D has 2\. Run: unbraid-data download cars3d"),
    ("cars3d", broken_car, r"car_001_mesh\.mat is not a whole MATLAB file"),
    ("cars3d", car_of_another_shape, r"car_000_mesh\.mat has shape \(2, 2\) .*; expected \(128, 128, 3, 24, 4\) uint8"),
    ("cars3d", car_without_images, r"car_000_mesh\.mat has no variable 'im'"),
    ("smallnorb", compressed_norb, "is not a matrix of smallNORB: it begins with .* Is it still compressed"),
    ("smallnorb", short_norb, "testing-dat.mat is truncated"),
    ("smallnorb", doubled_norb, r"smallNORB: 96 rows cover .* of 96 combinations .* occurs 2 times, expected each"),
    ("smallnorb", foreign_norb, "smallNORB: factor 'category' is 7 in row 0; expected 0 to 1"),
    ("smallnorb", norb_without_testing, "testing-cat.mat"),
    ("scream_dsprites", small_scream, r"has 60 x 300 pixels .* expected more than 64"),
    ("scream_dsprites", no_scream, r"scream\.jpg is not a whole picture"),
    ("mnist", short_mnist, "is truncated: it holds 100 bytes of images; expected 7840"),
    ("mnist", labels_for_mnist, "is not an IDX file of square images"),
    ("fashion_mnist", short_gzip, r"train-images-idx3-ubyte\.gz is not a whole file|is not an IDX file"),
    ("celeba", broken_picture, r"000001\.jpg is not a whole picture"),
    ("falcor3d", missing_room, r"has 32 pictures, the last one 000032\.png; falcor3d has 32, from 000000"),
    ("natural_images", other_patches, r"has shape \(5, 1, 8, 8\); expected \(N, 1, 16, 16\)"),
    ("natural_images", broken_pictures, "is not a MATLAB file with a variable IMAGES"),
]


@pytest.mark.parametrize(("name", "write", "message"), BAD, ids=[write.__name__ for _, write, _ in BAD])
def test_bad_files_are_explained_and_nothing_is_left(root, tmp_path, name, write, message):
    write(root)
    with pytest.raises(DataError, match=message) as caught:
        open_data(name)
    assert "\n" not in str(caught.value)
    cache = tmp_path / "cache"
    assert not cache.exists() or list(cache.iterdir()) == []
