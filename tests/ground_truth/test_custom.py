"""Bring your own data: every accepted form, and one sentence for every form that is not."""

import gin
import h5py
import numpy as np
import pytest
from fake_data_files import blocky, write_npz

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import DataError, UserError
from unbraid.ground_truth.named_data import get_named_ground_truth_data
from unbraid.ground_truth.sets.custom import custom_data

SIZES = (2, 3, 4)
IMAGES = blocky(24, 16, 3, seed=0)
FACTORS = np.stack(np.unravel_index(np.arange(24), SIZES), axis=1)


@pytest.fixture
def save(tmp_path):
    """Writes arrays to an .npz file, or to .h5, and returns its path."""

    def write(name="mine.npz", compress=True, **arrays):
        path = tmp_path / name
        if path.suffix == ".npz":
            return write_npz(path, compress, **arrays)
        with h5py.File(path, "w") as file:
            for key, value in arrays.items():
                file[key] = value
        return path

    return write


def images_of(data, indices):
    return np.asarray(data.render(np.asarray(indices), None))


def test_gin_bindings_alone_choose_the_file(save):
    path = save(images=IMAGES, factor_sizes=np.array(SIZES), factor_names=np.array(["hue", "size", "place"]))
    with configured(bindings=["dataset.name = 'custom'", f"custom_data.path = '{path}'"]):
        data = get_named_ground_truth_data()
    assert data.factors_num_values == list(SIZES)
    assert list(data.factor_names) == ["hue", "size", "place"]
    factors, observations = data.sample(5, np.random.RandomState(0))
    expected = IMAGES[np.ravel_multi_index(tuple(factors.T), SIZES)] / np.float32(255)
    np.testing.assert_array_equal(np.asarray(observations), expected)


@pytest.mark.parametrize("name", ["mine.npz", "mine.h5"])
@pytest.mark.parametrize(("images", "layout"), [
    (IMAGES, None), (IMAGES.transpose(0, 3, 1, 2).copy(), None), (IMAGES / 255, None),
    ((IMAGES / 255).astype(np.float32), "NHWC")], ids=["uint8", "NCHW", "float64", "float32"])
def test_all_common_forms_give_the_same_images(save, name, images, layout):
    data = custom_data(str(save(name, images=images, factor_sizes=np.array(SIZES))), layout=layout)
    assert data.observation_shape == [16, 16, 3]
    np.testing.assert_allclose(images_of(data, [3, 0, 23]), IMAGES[[3, 0, 23]] / np.float32(255), rtol=1e-7)


def test_grey_images_get_a_channel(save):
    data = custom_data(str(save(images=IMAGES[..., 0])), factor_sizes=SIZES)
    np.testing.assert_array_equal(images_of(data, [7]), IMAGES[[7], :, :, :1] / np.float32(255))


def test_bytes_are_handed_out_with_their_meaning(save):
    data = custom_data(str(save(images=(IMAGES > 127).astype(np.uint8))), factor_sizes=SIZES, maximum=1)
    observations = data.sample_observations(4, np.random.RandomState(0))
    assert observations.raw().dtype == np.uint8
    np.testing.assert_array_equal(data.pixel_values[observations.raw()], np.asarray(observations))


def test_a_shuffled_table_of_a_full_grid_is_a_grid(save):
    order = np.random.RandomState(0).permutation(24)
    data = custom_data(str(save(images=IMAGES[order], factors=FACTORS[order] * 10)))
    assert data.factors_num_values == list(SIZES)
    np.testing.assert_array_equal(images_of(data, np.arange(24)), IMAGES / np.float32(255))


def test_an_incomplete_table_is_sampled_by_rows(save):
    kept = np.array([0, 3, 3, 10, 11, 23])
    data = custom_data(str(save(images=IMAGES[kept], factors=FACTORS[kept].astype(float) / 2)))
    factors, observations = data.sample(50, np.random.RandomState(0))
    rows = np.random.RandomState(0).randint(6, size=50)
    np.testing.assert_array_equal(observations.indices, rows)
    np.testing.assert_array_equal(factors, data.factors[rows])
    again = data.sample_observations_from_factors(factors, np.random.RandomState(1))
    np.testing.assert_array_equal(data.factors[again.indices], factors)
    assert {1, 2} <= set(again.indices.tolist())  # two images of one combination


def test_a_table_says_which_combination_it_lacks(save):
    names = np.array(["hue", "size", "place"])
    data = custom_data(str(save(images=IMAGES[:5], factors=FACTORS[:5], factor_names=names)))
    with pytest.raises(UserError, match=r"no image has the factors \(hue 0, size 1, place 3\).*only sample \(mig, dci"):
        data.sample_observations_from_factors(np.array([[0, 1, 3]]), np.random.RandomState(0))


def test_images_alone_can_be_trained_on(save):
    data = custom_data(str(save(images=IMAGES)))
    assert data.sample_observations(3, np.random.RandomState(0)).shape == (3, 16, 16, 3)
    with pytest.raises(UserError, match="has images only, no factors"):
        data.sample(3, np.random.RandomState(0))


def test_a_missing_path_is_named_by_its_binding():
    with pytest.raises(UserError, match=r"custom_data\.path must be given"), \
            configured(bindings=["dataset.name = 'custom'"]):
        get_named_ground_truth_data()


NAN = np.where(np.arange(24)[:, None, None, None] == 0, np.nan, IMAGES / 255)
BAD = {
    "wrong key": ({"pictures": IMAGES}, {}, r"mine\.npz has no array 'images'; it holds: pictures"),
    "wrong rank": ({"images": IMAGES[0, 0]}, {},
                   r"'images' in .*mine\.npz has shape \(16, 3\); expected images \(N, H, W"),
    "no channels": ({"images": IMAGES[..., :2]}, {}, r"shape \(24, 16, 16, 2\).*Bind custom_data\.layout"),
    "bad layout": ({"images": IMAGES}, {"layout": "HWC"}, r"custom_data\.layout is 'HWC'; expected one of NHWC, NCHW"),
    "texts as images": ({"images": IMAGES.astype(str)}, {}, "has type <U.*; expected images of numbers"),
    "white of 12 bits": ({"images": IMAGES.astype(np.uint16) * 16}, {},
                         "uint16 with values up to 40.*custom_data.maximum"),
    "negative integers": ({"images": IMAGES.astype(int) - 128}, {}, "has values from -1.*; expected 0 to 255"),
    "pickled": ({"images": np.array([{}], dtype=object)}, {}, "'images' in .* holds pickled objects, which are never"),
    "not a number": ({"images": NAN}, {}, "'images' in .*mine.npz has values from nan to nan; expected 0 to 1"),
    "too large": ({"images": IMAGES.astype(float)}, {}, "has values from 0.0 to 25[0-9].0; expected 0 to 1.*maximum"),
    "zero or one": ({"images": (IMAGES > 127).astype(np.uint8)}, {},
                    r"no value above 1\. Bind custom_data\.maximum = 1"),
    "wrong count": ({"images": IMAGES, "factor_sizes": np.array([5, 5])}, {},
                    r"has 24 images; factor_sizes \[5, 5\] makes 25"),
    "short table": ({"images": IMAGES, "factors": FACTORS[1:]}, {},
                    r"'factors' in .* has 23 rows; expected one row"),
    "text factors": ({"images": IMAGES, "factors": np.full((24, 3), "red"), "factor_sizes": np.array(SIZES)}, {},
                     "'factors' in .* has fractions or texts"),
    "no value": ({"images": IMAGES, "factors": np.where(FACTORS == 3, np.nan, FACTORS)}, {},
                 r"factor 'factor_2' has no finite value in 6 of 24 rows, first in row 3"),
    "half a size": ({"images": IMAGES, "factor_sizes": np.array([1.5, 16])}, {}, r"\[1.5, 16.0\]; expected whole"),
    "three axes": ({"images": IMAGES, "factors": FACTORS[..., None]}, {},
                   r"has shape \(24, 3, 1\).*expected one row for each image"),
    "out of range": ({"images": IMAGES, "factors": FACTORS, "factor_sizes": np.array([2, 2, 6])}, {},
                     r"factor 'factor_1' is 2 in row 8; expected 0 to 1"),
    "doubled cell": ({"images": IMAGES, "factors": FACTORS[[*range(23), 0]], "factor_sizes": np.array(SIZES)}, {},
                     r"cover 23 of 24 combinations of factors; \(factor_0 0, factor_1 0, factor_2 0\) occurs 2 times"),
    "fractions": ({"images": IMAGES, "factors": FACTORS / 2, "factor_sizes": np.array(SIZES)}, {}, "has fractions"),
    "names": ({"images": IMAGES, "factors": FACTORS, "factor_names": np.array(["hue"])}, {},
              r"1 factor names \(hue\) for 3 factors"),
}


@pytest.mark.parametrize(("arrays", "options", "message"), BAD.values(), ids=BAD)
def test_bad_files_are_explained(save, arrays, options, message):
    with pytest.raises(DataError, match=message):
        custom_data(str(save(**arrays)), **options)


def test_nan_in_an_image_nobody_probed_is_found_when_it_is_rendered(save):
    images = np.zeros((1000, 8, 8, 1), dtype=np.float32)
    images[1] = np.nan
    data = custom_data(str(save(images=images, factor_sizes=np.array([1000]))))
    with pytest.raises(DataError, match="expected 0 to 1"):
        images_of(data, [1])


def test_gin_is_left_clean():
    assert not gin.config_str()
