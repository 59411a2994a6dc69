"""Names of scores for readers."""

import numpy as np
import pytest

from unbraid.common.errors import UserError
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
