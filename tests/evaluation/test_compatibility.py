"""Metrics written against disentanglement_lib, as its users have them beside their gin files."""

import importlib.util
import sys

import gin
import numpy as np
import pytest

from unbraid.common.configuration import gin_internals
from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import ConfigurationError
from unbraid.evaluation.compatibility import metric_utils
from unbraid.evaluation.compatibility.modules import OURS
from unbraid.evaluation.compatibility.state_space import SplitDiscreteStateSpace, StateSpaceAtomIndex
from unbraid.evaluation.protocol.evaluate import load_metrics
from unbraid.ground_truth.sets.dummy_data import DummyData

METRIC = '''
from __future__ import absolute_import, division, print_function
from absl import logging
from disentanglement_lib.data.ground_truth import ground_truth_data
from disentanglement_lib.evaluation.metrics import utils
import disentanglement_lib.evaluation.metrics.utils as same
import numpy as np
from six.moves import range
import gin.tf


@gin.configurable("own_gap", blacklist=["ground_truth_data", "representation_function", "random_state",
                                         "artifact_dir"])
def own_gap(ground_truth_data, representation_function, random_state, artifact_dir=None, num_train=gin.REQUIRED,
            batch_size=16):
    mus, ys = utils.generate_batch_factor_code(ground_truth_data, representation_function, num_train, random_state,
                                               batch_size)
    assert mus.shape[1] == num_train == ys.shape[1]
    m = utils.discrete_mutual_info(utils.make_discretizer(mus), ys)
    ordered = np.sort(m, axis=0)[::-1]
    return {"own_gap": np.mean(np.divide(ordered[0, :] - ordered[1, :], utils.discrete_entropy(ys)))}
'''


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("compatible_")]:
        del sys.modules[name]
    for name in [name for name in gin_internals.configurables() if "compatible_" in name]:
        gin_internals.forget(name)


def test_a_metric_of_disentanglement_lib_runs_unchanged_and_loads_no_tensorflow(folder):
    (folder / "compatible_metric.py").write_text(METRIC)
    (folder / "own.gin").write_text("import compatible_metric\nevaluation.evaluation_fn = @own_gap\n"
                                    "own_gap.num_train = 50\ndiscretizer.num_bins = 5\n"
                                    "discretizer.discretizer_fn = @histogram_discretizer\n")
    load_metrics()
    loaded = set(sys.modules)
    with configured([folder / "own.gin"]):
        score = gin.query_parameter("evaluation.evaluation_fn").scoped_configurable_fn(
            DummyData(), lambda images: np.asarray(images).reshape(len(images), -1)[:, :6], np.random.RandomState(0))
    assert 0 <= score["own_gap"] <= 1
    assert not [name for name in set(sys.modules) - loaded
                if name.split(".")[0] in ("disentanglement_lib", "tensorflow")]


def test_every_name_it_maps_exists():
    for ours in OURS.values():
        assert __import__(ours, fromlist=["x"])


@pytest.mark.parametrize(("statement", "message"), [
    ("from disentanglement_lib.methods.unsupervised import vae", r"disentanglement_lib\.methods has no counterpart"),
    ("from disentanglement_lib.evaluation.metrics.utils import nothing", r"cannot import name 'nothing'"),
    ("import tensorflow.compat.v1 as tf", r"compatible_bad\.py, line 1, imports tensorflow, which is not installed"),
])
def test_what_has_no_counterpart_is_one_sentence(folder, statement, message):
    if "tensorflow" in statement and importlib.util.find_spec("tensorflow"):
        pytest.skip("TensorFlow is installed")
    (folder / "compatible_bad.py").write_text(statement + "\n")
    (folder / "own.gin").write_text("import compatible_bad\n")
    load_metrics()
    with pytest.raises(ConfigurationError, match=message) as caught, configured([folder / "own.gin"]):
        pass
    assert "\n" not in str(caught.value)


def test_helpers_are_those_of_the_reference():
    codes, factors = metric_utils.generate_batch_factor_code(
        DummyData(), lambda images: np.asarray(images)[:, 0, :3, 0], 20, np.random.RandomState(0), 8)
    assert codes.shape == (3, 20)
    assert factors.shape == (10, 20)
    train, test = metric_utils.split_train_test(codes, 0.33)
    assert train.shape == (3, 7)
    assert test.shape == (3, 13)
    normal, mean, _ = metric_utils.normalize_data(codes)
    np.testing.assert_allclose(normal.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_array_equal(mean, codes.mean(axis=1))
    ys = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
    np.testing.assert_allclose(metric_utils.discrete_mutual_info(ys, ys), np.log(2) * np.eye(2), atol=1e-12)
    np.testing.assert_allclose(metric_utils.discrete_entropy(ys), np.log(2))
    np.testing.assert_array_equal(metric_utils.obtain_representation(np.arange(5), lambda x: x[:, None], 2), [range(5)])


def test_state_spaces_draw_as_there():
    space = SplitDiscreteStateSpace([3, 4, 5], [0, 2])
    factors = space.sample_all_factors(space.sample_latent_factors(6, np.random.RandomState(0)),
                                       np.random.RandomState(1))
    stream = np.random.RandomState(0)
    np.testing.assert_array_equal(factors[:, 0], stream.randint(3, size=6))
    np.testing.assert_array_equal(factors[:, 2], stream.randint(5, size=6))
    np.testing.assert_array_equal(factors[:, 1], np.random.RandomState(1).randint(4, size=6))
    features = np.array([[1, 0], [0, 0], [0, 1], [1, 1]])
    index = StateSpaceAtomIndex([2, 2], features)
    np.testing.assert_array_equal(index.features_to_index(features), range(4))
    with pytest.raises(ValueError, match="does not match"):
        StateSpaceAtomIndex([2, 2], features[:3])
