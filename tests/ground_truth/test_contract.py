"""What every registered data set keeps to, read from small files in its real format."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from fake_data_files import write_all, write_more

from unbraid.common.configuration.parsing import find_config
from unbraid.common.errors import MissingDataError, UserError
from unbraid.ground_truth.bases.byte_images import ByteImages
from unbraid.ground_truth.bases.image_only import ImageOnlyData
from unbraid.ground_truth.catalogue.descriptions import OF_THE_USER, describe, markdown_table
from unbraid.ground_truth.ground_truth_data import GridGroundTruth
from unbraid.ground_truth.observations import LazyObservations, concatenate
from unbraid.ground_truth.registry import data_sets

ALL = [name for name in data_sets() if name not in OF_THE_USER]  # test_custom.py, test_points.py have their own
IDENTITY = ["identity", "identity_jl1"]
IMAGE_ONLY = ["mnist", "fashion_mnist", "celeba", "chairs", "natural_images", "natural_images_test"]
WITH_IMAGES = [name for name in ALL if name not in IDENTITY]
WITH_FACTORS = [name for name in ALL if name not in IMAGE_ONLY]
GRIDS = [name for name in WITH_FACTORS if name not in [*IDENTITY, "threeDotsCache", "mpi3d_multi_real"]]
# An image depends on more than the place in the grid, so its code may not be kept by index.
DRAWN_ANEW = ["color_dsprites", "noisy_dsprites", "scream_dsprites", "dummy_data"]


@pytest.fixture(scope="module")
def all_files(tmp_path_factory):
    root = tmp_path_factory.mktemp("all_data")
    write_all(root)
    write_more(root)
    return root


@pytest.fixture
def open_data(all_files, small_grids, monkeypatch):
    monkeypatch.setenv("DISENTANGLEMENT_LIB_DATA", str(all_files))
    return lambda name: data_sets()[name]()


@pytest.mark.parametrize("name", ALL)
def test_names_sizes_and_shape_agree(open_data, name):
    data = open_data(name)
    assert data.num_factors == len(data.factors_num_values) == len(data.factor_names)
    assert len(set(data.factor_names)) == data.num_factors
    assert all(isinstance(size, int) for size in data.factors_num_values)
    if name not in IDENTITY:
        assert isinstance(data.observation_shape, list)
        assert len(data.observation_shape) == 3


@pytest.mark.parametrize("name", WITH_FACTORS)
def test_factors_are_integers_in_range(open_data, name):
    data = open_data(name)
    factors = data.sample_factors(30, np.random.RandomState(3))
    assert factors.dtype == np.int64
    assert factors.shape == (30, data.num_factors)
    if name != "identity":  # whose sizes are wrong on purpose
        assert (factors >= 0).all()
        assert (factors < data.factors_num_values).all()


@pytest.mark.parametrize("name", WITH_FACTORS)
def test_sample_is_factors_then_observations_on_one_stream(open_data, name):
    data, state = open_data(name), np.random.RandomState(4)
    factors, observations = data.sample(5, np.random.RandomState(4))
    if not name.startswith("threeDotsCache"):  # which draws a row, not factors
        np.testing.assert_array_equal(data.sample_factors(5, state), factors)
        again = data.sample_observations_from_factors(factors, state)
        np.testing.assert_array_equal(np.asarray(again), np.asarray(observations))
    np.testing.assert_array_equal(np.asarray(data.sample_observations(5, np.random.RandomState(4))), observations)


@pytest.mark.parametrize("name", WITH_IMAGES)
def test_observations_are_float32_images(open_data, name):
    data = open_data(name)
    observations = data.sample_observations(6, np.random.RandomState(5))
    images = np.asarray(observations)
    assert images.dtype == observations.dtype == np.float32
    assert images.shape == observations.shape == (6, *data.observation_shape)
    margin = 0.5 if name == "smallnorb" else 0  # whose resizing is not clipped
    assert -margin <= images.min()
    assert images.max() <= 1 + margin
    assert images.std() > 0


@pytest.mark.parametrize("name", WITH_IMAGES)
def test_observations_know_what_identifies_them(open_data, name):
    observations = open_data(name).sample_observations(6, np.random.RandomState(5))
    assert isinstance(observations, LazyObservations)
    assert observations.indices.dtype == np.int64
    assert (observations.draws is not None) == (name in DRAWN_ANEW)
    num_images = getattr(observations.ground_truth_data, "num_images", None)
    assert num_images is None or observations.indices.max() < num_images


@pytest.mark.parametrize("name", WITH_IMAGES)
def test_joined_sliced_and_pickled_observations_are_the_same_images(open_data, name):
    data = open_data(name)
    batches = [data.sample_observations(3, np.random.RandomState(seed)) for seed in (0, 1)]
    images = np.concatenate([np.asarray(batch) for batch in batches])
    joined = concatenate(batches) if batches[0].ground_truth_data is batches[1].ground_truth_data else batches[0]
    np.testing.assert_array_equal(np.asarray(joined), images[: len(joined)])
    np.testing.assert_array_equal(np.asarray(joined[::-1][1:3]), images[: len(joined)][::-1][1:3])
    np.testing.assert_array_equal(np.asarray(pickle.loads(pickle.dumps(joined[:2]))), images[:2])


@pytest.mark.parametrize("name", WITH_IMAGES)
def test_bytes_mean_the_images(open_data, name):
    observations = open_data(name).sample_observations(5, np.random.RandomState(6))
    data = observations.ground_truth_data
    if not isinstance(data, ByteImages):
        with pytest.raises(AttributeError):
            observations.raw()
        return
    raw = observations.raw()
    assert raw.dtype == np.uint8
    assert data.pixel_values.dtype == np.float32
    assert len(data.pixel_values) <= 256
    np.testing.assert_array_equal(data.pixel_values[raw], np.asarray(observations))


@pytest.mark.parametrize("name", GRIDS)
def test_wrong_factors_are_refused(open_data, name):
    data = open_data(name)
    factors = data.sample_factors(4, np.random.RandomState(0))
    if isinstance(data, GridGroundTruth):
        with pytest.raises(UserError, match=rf"expected \(n, {data.num_factors}\)"):
            data.sample_observations_from_factors(factors[:, :-1], np.random.RandomState(0))
    for value in (-1, data.factors_num_values[-1]):
        factors[2, -1] = value
        with pytest.raises(UserError, match=rf"has the value {value} in row 2; expected 0 to"):
            data.sample_observations_from_factors(factors, np.random.RandomState(0))


@pytest.mark.parametrize("name", IMAGE_ONLY)
def test_images_without_factors_say_so(open_data, name):
    data = open_data(name)
    assert isinstance(data, ImageOnlyData)
    assert data.num_factors == 0
    with pytest.raises(UserError, match="has images only, no factors"):
        data.sample(2, np.random.RandomState(0))


@pytest.mark.parametrize("name", [name for name in ALL if describe(name).status == "missing"])
def test_a_missing_file_tells_how_to_get_it(name):
    download = "mpi3d_real" if name.startswith("mpi3d_multi") else "natural_images" if "natural" in name else name
    with pytest.raises(MissingDataError, match=rf"DISENTANGLEMENT_LIB_DATA.*unbraid-data download {download}\.$"):
        data_sets()[name]()


@pytest.mark.parametrize("name", data_sets())
def test_every_data_set_is_documented(name):
    described = describe(name)
    assert described.text
    if described.status == "missing":
        assert described.about.home.startswith("http")
        assert described.about.licence
        assert described.about.files or described.about.manual


def test_the_manual_has_the_table_of_all_data_sets(empty_root):
    manual = (Path(__file__).parents[2] / "docs" / "data_sets.md").read_text()
    assert markdown_table() in manual, "run: unbraid-data list --markdown"


@pytest.mark.parametrize("name", [name for name in data_sets() if name not in IDENTITY])
def test_every_data_set_has_a_gin_file(name):
    assert f'dataset.name = "{name}"' in find_config(f"data_sets/{name}").read_text()
