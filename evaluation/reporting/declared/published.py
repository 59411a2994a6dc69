"""Scores of published models under this package's default protocol, to compare a score with.

Only numbers with a source stand here.  Locatello et al. 2019 (arXiv:1811.12359) give theirs as figures, so no range of
that study is listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RELEASED = "six released models of disentangling-vae (docs/results.md)"


@dataclass(frozen=True)
class Published:
    """The lowest and the highest score of published models, and where these numbers stand.

    settings: bindings that a result has to have to be compared."""

    low: float
    high: float
    source: str
    settings: Mapping[str, str]


# (metric, key, data set), as results name them.
PUBLISHED = {
    ("mig", "discrete_mig", "dsprites_full"): Published(0.0990, 0.2844, RELEASED, {
        "mig.num_train": "10000", "discretizer.discretizer_fn": "@histogram_discretizer",
        "discretizer.num_bins": "20"}),
    ("sap_score", "SAP_score", "dsprites_full"): Published(0.0330, 0.0665, RELEASED, {
        "sap_score.num_train": "10000", "sap_score.num_test": "5000", "sap_score.continuous_factors": "False"}),
}
# What every one of them was scored with, where a result records it.
DEFAULTS = {"evaluation.scheme": "None", "evaluation.split": "None", "dataset.part": "None",
            "postprocess.postprocess_fn": "@mean_representation"}


def published(metric: str, key: str, data_set: str, settings: Mapping[str, str]) -> Published | None:
    """Returns the range of published scores of a metric on a data set; None without one under these settings."""
    found = PUBLISHED.get((metric, key, data_set))
    if found is None or any(settings.get(name) != value for name, value in found.settings.items()):
        return None
    return found if all(settings.get(name, value) == value for name, value in DEFAULTS.items()) else None
