"""Small worlds with known factors, representations of them, and metric settings: what goldens and tests share.

Needs numpy only, so that the script which records the goldens runs beside a package as old as disentanglement_lib.
Codes are tables over the grid made of elementary operations, so every machine has the same bits.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class World:
    """A full grid of factors, of which those in `latent` are exposed and the others drawn with each image."""

    sizes: tuple[int, ...]
    latent: tuple[int, ...]

    @property
    def num_images(self) -> int:
        return int(np.prod(self.sizes))

    @property
    def latent_sizes(self) -> list[int]:
        return [self.sizes[index] for index in self.latent]

    def grid_values(self) -> np.ndarray:
        """(num_images, number of grid factors) int64."""
        return np.stack(np.unravel_index(np.arange(self.num_images), self.sizes), axis=1)

    def images(self, indices: np.ndarray) -> np.ndarray:
        """(n, 1, 1, 1) float32 in [0, 1): the place in the grid, from which `TableRepresentation` finds the code."""
        return (np.asarray(indices, dtype=np.float32) / np.float32(self.num_images)).reshape(-1, 1, 1, 1)


WORLDS = {
    "grid": World((3, 4, 5, 6), (0, 1, 2, 3)),
    "hidden": World((5, 3, 6, 4), (0, 2, 3)),
    "binary": World((2, 6, 2, 7), (0, 1, 2, 3)),
    "fine": World((25, 3, 22), (0, 1, 2)),
    "local": World((12, 15, 3, 20), (0, 1, 2, 3)),
}


class TableRepresentation:
    """A representation function: images of a world to float32 codes (n, num_latents)."""

    def __init__(self, world: World, codes: np.ndarray):
        self.world, self.codes = world, codes

    def __call__(self, images: np.ndarray) -> np.ndarray:
        places = np.asarray(images, dtype=np.float32).reshape(len(images)) * np.float32(self.world.num_images)
        return self.codes[np.rint(places).astype(np.int64)]


def linear(world: World) -> np.ndarray:
    """One code a grid factor with a little noise, and one of noise alone."""
    values, noise = world.grid_values(), _noise(world, len(world.sizes) + 1)
    columns = [values[:, index] / (size - 1) - 0.5 for index, size in enumerate(world.sizes)]
    return np.stack([*columns, np.zeros(world.num_images)], axis=1) + 0.05 * noise


def noisy(world: World) -> np.ndarray:
    """Five mixtures of all factors with much noise."""
    values = world.grid_values() / np.array(world.sizes)
    weights = np.random.RandomState(3).uniform(-1, 1, size=(5, len(world.sizes)))
    columns = []
    for row in weights:
        column = np.zeros(world.num_images)
        for weight, value in zip(row, values.T, strict=True):
            column = column + weight * value
        columns.append(column)
    return np.stack(columns, axis=1) + 0.2 * _noise(world, 5)


def dead(world: World) -> np.ndarray:
    codes = linear(world)
    codes[:, 0] = 0.01 * _noise(world, 1)[:, 0]
    return codes


def doubled(world: World) -> np.ndarray:
    codes = linear(world)
    codes[:, -1] = codes[:, 0]
    return codes


def constant(world: World) -> np.ndarray:
    codes = noisy(world)
    codes[:, 2] = 0.1
    return codes


def permuted(world: World) -> np.ndarray:
    codes = linear(world)[:, ::-1]
    return codes * np.linspace(-2.0, 3.0, codes.shape[1]) + 1.0


def factors(world: World) -> np.ndarray:
    """The factors themselves: nothing but ties."""
    return world.grid_values().astype(np.float64)


def _noise(world: World, num_codes: int) -> np.ndarray:
    return np.random.RandomState(17).uniform(-1, 1, size=(world.num_images, num_codes))


REPRESENTATIONS: dict[str, Callable[[World], np.ndarray]] = {
    function.__name__: function for function in (linear, noisy, dead, doubled, constant, permuted, factors)}


def representation(world_name: str, name: str) -> TableRepresentation:
    world = WORLDS[world_name]
    return TableRepresentation(world, REPRESENTATIONS[name](world).astype(np.float32))


# (world, representation, seed)
CASES = [(world, name, seed) for seed, world in enumerate(("grid", "hidden", "binary", "fine"))
         for name in REPRESENTATIONS] + [
    ("grid", "linear", 2**31 + 5), ("hidden", "noisy", 77), ("binary", "permuted", 78), ("fine", "dead", 79)]
FEW_CASES = [case for case in CASES
             if case[0] in ("hidden", "binary") and case[1] in ("linear", "noisy", "factors", "constant")]
LOCAL_CASES = [("local", name, seed) for seed, name in enumerate(REPRESENTATIONS)] + [
    ("grid", "linear", 5), ("hidden", "noisy", 6), ("fine", "noisy", 7)]

BINS = "discretizer.discretizer_fn = @histogram_discretizer\ndiscretizer.num_bins = 20\n"
LOCAL_BINS = "discretizer.discretizer_fn = @histogram_discretizer\ndiscretizer.num_bins = 5\n"
TREES = "predictor.predictor_fn = @gradient_boosting_classifier\n"
LOGISTIC = "predictor.predictor_fn = @logistic_regression_cv\n"
NEIGHBOURS = ("local_sample_factors.locality_proportion = {}\nlocal_sample_factors.continuity_cutoff = 10\n"
              "local_sample_factors.denylist_factors = {}\n")
MATRICES = "[@importance_gbt_matrix, @mutual_information_matrix, @accuracy_svm_matrix]"


@dataclass(frozen=True)
class Metric:
    """A metric as the goldens hold it: where its function is, and its gin bindings."""

    module: str
    function: str
    bindings: str
    cases: tuple[tuple[str, str, int], ...] = tuple(CASES)


VERSIONED = ("dci", "downstream_task_boosted_trees", "fairness", "irs", "modularity_explicitness",
             "reduced_downstream_task", "strong_downstream_task", "unified_scores", "unsupervised")
"""Metrics of PUBLISHED that are other ones, in the reference as well, with the lowest versions that unbraid allows."""

PUBLISHED = {
    "mig": Metric("mig", "compute_mig", "mig.num_train = 200\n" + BINS),
    "modularity_explicitness": Metric(
        "modularity_explicitness", "compute_modularity_explicitness",
        "modularity_explicitness.num_train = 250\nmodularity_explicitness.num_test = 230\n" + BINS),
    "factor_vae_metric": Metric(
        "factor_vae", "compute_factor_vae",
        "factor_vae_score.batch_size = 9\nfactor_vae_score.num_train = 120\nfactor_vae_score.num_eval = 60\n"
        "factor_vae_score.num_variance_estimate = 150\nprune_dims.threshold = 0.05\n"),
    "factor_vae_unpruned": Metric(
        "factor_vae", "compute_factor_vae",
        "factor_vae_score.batch_size = 9\nfactor_vae_score.num_train = 50\nfactor_vae_score.num_eval = 30\n"
        "factor_vae_score.num_variance_estimate = 50\n"),
    "beta_vae_sklearn": Metric(
        "beta_vae", "compute_beta_vae_sklearn",
        "beta_vae_sklearn.batch_size = 7\nbeta_vae_sklearn.num_train = 120\nbeta_vae_sklearn.num_eval = 60\n"),
    "sap_score": Metric("sap_score", "compute_sap", "sap_score.num_train = 150\nsap_score.num_test = 90\n"
                                                    "sap_score.continuous_factors = False\n"),
    "sap_continuous": Metric("sap_score", "compute_sap", "sap_score.num_train = 150\nsap_score.num_test = 90\n"
                                                         "sap_score.continuous_factors = True\n"),
    "irs": Metric("irs", "compute_irs", "irs.num_train = 300\nirs.batch_size = 16\n" + BINS),
    "unsupervised": Metric("unsupervised_metrics", "unsupervised_metrics",
                           "unsupervised_metrics.num_train = 200\n" + BINS),
    "dci": Metric("dci", "compute_dci", "dci.num_train = 150\ndci.num_test = 60\n"),
    "downstream_task_boosted_trees": Metric(
        "downstream_task", "compute_downstream_task",
        "downstream_task.num_train = [60, 90]\ndownstream_task.num_test = 40\n" + TREES,
        tuple(case for case in CASES if case[0] != "fine")),
    "downstream_task_logistic_regression": Metric(
        "downstream_task", "compute_downstream_task",
        "downstream_task.num_train = [60, 90]\ndownstream_task.num_test = 40\n" + LOGISTIC,
        tuple(case for case in CASES if case[1] in ("linear", "noisy", "dead"))),
    "fairness": Metric("fairness", "compute_fairness",
                       "fairness.num_train = 100\nfairness.num_test_points_per_class = 20\n" + TREES, tuple(FEW_CASES)),
    "reduced_downstream_task": Metric(
        "reduced_downstream_task", "compute_reduced_downstream_task",
        "reduced_downstream_task.num_train = [80]\nreduced_downstream_task.num_test = 40\n"
        "reduced_downstream_task.num_factors_to_remove = 2\n"
        "reduced_representation.correlation_measure = @factorwise_dci\n" + TREES,
        tuple(case for case in FEW_CASES if case[0] == "hidden")),
    "strong_downstream_task": Metric(
        "strong_downstream_task", "compute_strong_downstream_task",
        "strong_downstream_task.num_train = [80]\nstrong_downstream_task.num_test = 40\n"
        "strong_downstream_task.n_experiment = 2\n" + TREES, tuple(FEW_CASES)),
    "unified_scores": Metric(
        "unified_scores", "compute_unified_scores",
        "unified_scores.num_train = 100\nunified_scores.num_test = 50\n"
        f"unified_scores.matrix_fns = {MATRICES}\n" + BINS,
        tuple(FEW_CASES)),
}


def lowest(metric: Metric) -> Metric:
    """The cases that are recorded with the lowest versions."""
    return dataclasses.replace(metric, cases=metric.cases[::8])


LOCAL = {
    f"{metric}_{label}": Metric(metric, f"compute_{metric}",
                                f"{metric}.num_train = 200\n{metric}.num_local_clusters = 4\n" + LOCAL_BINS
                                + NEIGHBOURS.format(proportion, denylist), tuple(LOCAL_CASES))
    for metric in ("local_mig", "local_modularity")
    for label, proportion, denylist in (("0_1", 0.1, "[]"), ("0_3", 0.3, "(1,)"), ("1_0", 1.0, "[0]"))
}
