"""Names of scores for readers."""

from pathlib import Path

import numpy as np
import pytest

from unbraid.common.errors import UserError
from unbraid.evaluation.reporting.charts.gauges import gauge
from unbraid.evaluation.reporting.declared.published import PUBLISHED, published
from unbraid.evaluation.reporting.declared.titles import range_of, title_of
from unbraid.evaluation.reporting.pages import pictures


@pytest.mark.parametrize(("metric", "key", "title"), [
    ("mig", "discrete_mig", "MIG"), ("modularity_explicitness", "modularity_score", "Modularity"),
    ("modularity_explicitness", "explicitness_score_test", "Explicitness"),
    ("factor_vae_metric", "eval_accuracy", "FactorVAE score"), ("sap_score", "SAP_score", "SAP"),
    ("local_mig_0_1", "discrete_mig", "Local MIG, locality 0.1"), ("my_metric", "score", "my_metric")])
def test_scores_are_called_by_what_they_show(metric, key, title):
    assert title_of(metric, key) == title


def test_ranges_are_those_of_the_declarations():
    assert range_of("mig", "discrete_mig") == "[0, 1]"
    assert range_of("my_metric", "score") == ""


class Model:
    """Codes of a given spread."""

    def __init__(self, spread):
        self.spread = np.asarray(spread)
        self.data = self

    def sample_observations(self, num, random_state):
        if self.spread.size == 0:
            raise UserError("no data")
        return random_state.normal(size=(num, 2))

    def encode(self, images):
        return images * self.spread


def test_traversals_go_as_far_as_the_codes_and_at_least_over_the_prior():
    values = pictures._traversal_values(Model([0.1, 4.0]), np.array([1, 0]))
    assert values.shape == (2, pictures.STEPS)
    assert values[0, 0] < -6
    assert values[0, -1] > 6
    np.testing.assert_allclose(values[1], np.linspace(-2, 2, pictures.STEPS))
    np.testing.assert_allclose(pictures._traversal_values(Model([]), np.arange(3)),
                               np.tile(np.linspace(-2, 2, pictures.STEPS), (3, 1)))


def test_published_ranges_are_for_their_settings_only():
    key = ("mig", "discrete_mig", "dsprites_full")
    settings = {"mig.num_train": "10000", "discretizer.discretizer_fn": "@histogram_discretizer",
                "discretizer.num_bins": "20", "dataset.part": "None"}
    assert published(*key, settings).low == 0.0990
    for other in ({"mig.num_train": "1000"}, {"discretizer.num_bins": "10"}, {"dataset.part": "'held_out'"},
                  {"postprocess.postprocess_fn": "@sampled_representation"}):
        assert published(*key, settings | other) is None
    assert published("mig", "discrete_mig", "shapes3d", settings) is None


def test_published_ranges_are_those_of_the_documents():
    """Lowest and highest of each column of the table of released models."""
    text = (Path(__file__).resolve().parents[3] / "docs" / "results.md").read_text()
    table = text.split("| model | MIG | SAP |")[1].split("\n\n")[0]
    rows = [[float(cell) for cell in line.split("|")[2:4]] for line in table.splitlines()[2:]]
    for column, metric in enumerate(("mig", "sap_score")):
        found = next(one for (name, *_), one in PUBLISHED.items() if name == metric)
        assert (found.low, found.high) == (min(row[column] for row in rows), max(row[column] for row in rows))


@pytest.mark.parametrize(("score", "limits", "parts"), [
    (0.5, (0.0, 1.0), ["<circle", "M72.6"]), (float("nan"), (0.0, 1.0), []), (3.0, (0.0, float("inf")), [])])
def test_gauges_show_score_interval_and_comparison(score, limits, parts):
    drawn = gauge(score, (0.45, 0.55), limits, published=(0.1, 0.2), chance=0.25)
    assert all(part in drawn for part in [*parts, *(['class="band"'] if parts else [])])
    assert bool(drawn) == bool(parts)
