"""What metrics see of a model: one encoding of each image, and divergences where there is a posterior."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unbraid.evaluation.protocol.metric_inputs.from_models import Views
from unbraid.export import load_posterior, load_representation
from unbraid.ground_truth.sets.three_dots import ThreeDots

DATA = ThreeDots()


def observations(seed=0):
    return DATA.sample_observations(20, np.random.RandomState(seed))


def test_divergences_are_those_of_the_posterior(exported: Path):
    codes, divergences = Views(load_representation(exported)).diverging("threeDots", DATA)(observations())
    mean, log_variance = load_posterior(exported)(np.asarray(observations()))
    np.testing.assert_allclose(codes, mean, atol=1e-6)
    by_code = [np.mean([0.5 * (m * m + np.exp(v) - v - 1) for m, v in zip(means, variances, strict=True)])
               for means, variances in zip(mean.T, log_variance.T, strict=True)]
    np.testing.assert_allclose(divergences, by_code, rtol=1e-5)
    assert (divergences >= 0).all()


def test_without_a_posterior_every_code_counts_as_active(exported: Path, tmp_path: Path, caplog):
    alone = tmp_path / "alone.onnx"
    alone.write_bytes((exported / "representation.onnx").read_bytes())
    representation = load_representation(alone)
    codes, divergences = Views(representation).diverging("threeDots", DATA)(observations())
    np.testing.assert_allclose(codes, representation(np.asarray(observations())), atol=1e-6)
    assert (divergences == 1).all()
    assert "no posterior beside" in caplog.text


def test_the_tables_are_kept(exported: Path):
    views = Views(load_representation(exported))
    table = views.codes("threeDots", DATA)
    table(observations())
    assert views.codes("threeDots", DATA) is table
    views.codes("threeDots", DATA)(observations())
    assert table.num_encoded == 20
    assert views.posterior() is views.posterior()
