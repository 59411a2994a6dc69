"""What the goldens of papers' own code hold: cases that the recording script and the tests share.  Needs numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from metric_worlds import BINS, WORLDS, World, representation

# (world, representation, seed): full grids, no code that is constant (the sources fail on one)
CASES = (("grid", "linear", 3), ("grid", "noisy", 4), ("fine", "permuted", 5))
FEW = CASES[:2]
TEN_BINS = BINS.replace("20", "10").replace("@histogram", "@minmax")
EDGES = (*CASES, ("grid", "factors", 6), ("fine", "factors", 7))  # codes of factor values lie on the edges of bins


@dataclass(frozen=True)
class Paper:
    """bindings: gin bindings that ask unbraid for what the source computes.  keys: unbraid's key to the source's.

    tolerance: 1e-12 where both count and add, more where sums of float32 or an iterative solver decide."""

    bindings: str
    keys: dict[str, str]
    cases: tuple[tuple[str, str, int], ...] = CASES
    tolerance: float = 1e-9


NUM_POINTS = 600  # of the metrics that score a labelled sample
SHUFFLED = "evaluation.scheme = @shuffled_images\nevaluation.restart_model_stream = True\n"
METRIC_STREAM = "evaluation.global_seed = 'metric'\n"  # sources that draw everything on one stream
BY_ROW = "evaluation.scheme = @factors_by_row\n" + METRIC_STREAM
DISTINCT = "evaluation.scheme = @distinct_images\n" + METRIC_STREAM
ACCURACY = {"train_accuracy": "disentanglement_accuracy"}
DCI = {"informativeness_train": "train_err", "informativeness_test": "test_err", "disentanglement": "disent",
       "completeness": "comple"}
GROUPS = "num_points = {n}\n{m}.batch_size = 20\n{m}.num_train = 60\n{m}.num_eval = 50\n"
VARIANCE = GROUPS + "{m}.num_variance_estimate = 300\nprune_dims.threshold = 0.02\n"


def groups(metric: str, text: str) -> str:
    return f"evaluation.evaluation_fn = @{metric}\n{metric}." + text.format(m=metric, n=NUM_POINTS)


PAPERS = {
    "cfasl": {
        "factor": Paper(
            "evaluation.evaluation_fn = @cfasl_factor_vae_score\ncfasl_factor_vae_score.batch_size = 100\n"
            "cfasl_factor_vae_score.num_train = 200\ncfasl_factor_vae_score.num_variance_estimate = 100\n"
            "cfasl_factor_vae_score.reseeds = True\nprune_dims.threshold = 0.06\n", ACCURACY, FEW, 1e-6),
        "mfvm_2": Paper(
            "evaluation.evaluation_fn = @cfasl_multi_factor_vae_score\ncfasl_multi_factor_vae_score.batch_size = 100\n"
            "cfasl_multi_factor_vae_score.num_train = 200\ncfasl_multi_factor_vae_score.num_fixed_factors = [2]\n"
            "cfasl_multi_factor_vae_score.num_variance_estimate = 100\nprune_dims.threshold = 0.06\n", ACCURACY, FEW),
        "beta_vae": Paper(
            "evaluation.evaluation_fn = @beta_vae_sklearn\nbeta_vae_sklearn.batch_size = 64\n"
            "beta_vae_sklearn.num_train = 200\nbeta_vae_sklearn.num_eval = 50\nlogistic_regression.max_iter = 200\n"
            + SHUFFLED, {"eval_accuracy": "eval_accuracy"}, FEW),
        "sap": Paper("evaluation.evaluation_fn = @sap_score\nsap_score.num_train = 640\nsap_score.num_test = 320\n"
                     "sap_score.batch_size = 64\nsap_score.continuous_factors = False\n" + SHUFFLED,
                     {"SAP_score": "sap"}),
        "dci": Paper("evaluation.evaluation_fn = @dci\ndci.num_train = 320\ndci.num_test = 128\ndci.batch_size = 64\n"
                     + SHUFFLED, DCI, FEW[:1]),
        "mig": Paper("evaluation.evaluation_fn = @mig\nmig.num_train = 640\nmig.batch_size = 64\n" + BINS + SHUFFLED,
                     {"discrete_mig": "mig"}),
    },
    "mipet": {
        "factor": Paper(
            "evaluation.evaluation_fn = @cfasl_factor_vae_score\ncfasl_factor_vae_score.batch_size = 100\n"
            "cfasl_factor_vae_score.num_train = 200\ncfasl_factor_vae_score.num_variance_estimate = 100\n"
            "cfasl_factor_vae_score.reseeds = False\nprune_dims.threshold = 0.0\n", ACCURACY, tolerance=1e-6),
        "mig": Paper("evaluation.evaluation_fn = @mig\nmig.num_train = 1000\nmig.batch_size = 100\n" + BINS + SHUFFLED,
                     {"discrete_mig": "mig"}),
    },
    "clgvae": {
        "factor": Paper(
            "evaluation.evaluation_fn = @factor_vae_score\nfactor_vae_score.batch_size = 16\n"
            "factor_vae_score.num_train = 100\nfactor_vae_score.num_eval = 60\n"
            "factor_vae_score.num_variance_estimate = 200\nprune_dims.threshold = 0.1\n" + BY_ROW,
            {"train_accuracy": "dmetric/fac_train", "eval_accuracy": "dmetric/fac_eval",
             "num_active_dims_true": "dmetric/fac_num_act"}, FEW),
        "beta": Paper(
            "evaluation.evaluation_fn = @clgvae_beta_vae_score\nclgvae_beta_vae_score.num_pairs = 5\n"
            "clgvae_beta_vae_score.num_train = 100\nclgvae_beta_vae_score.num_eval = 100\n"
            "logistic_regression.C = None\nlogistic_regression.solver = 'newton-cg'\n" + BY_ROW,
            {"train_accuracy": "dmetric/hig_acc", "eval_accuracy": "dmetric/val_hig_acc"}, FEW),
        "mig": Paper("evaluation.evaluation_fn = @mig\nmig.num_train = 200\n" + BINS + BY_ROW
                     + "factors_by_row.dropped_factors = [0]\n", {"discrete_mig": "dmetric/discrete_mig"}),
        "dci": Paper("evaluation.evaluation_fn = @dci\ndci.num_train = 200\ndci.num_test = 200\n" + BY_ROW,
                     {key: f"dmetric/dci_{key}" for key in DCI}, FEW[:1]),
        "modularity": Paper(
            "evaluation.evaluation_fn = @modularity_explicitness\nmodularity_explicitness.num_train = 200\n"
            "modularity_explicitness.num_test = 200\n" + BINS + BY_ROW,
            {key: f"dmetric/{key}" for key in ("modularity_score", "explicitness_score_train",
                                               "explicitness_score_test")}, FEW, 1e-6),
        "sap": Paper("evaluation.evaluation_fn = @sap_score\nsap_score.num_train = 200\nsap_score.num_test = 200\n"
                     "sap_score.continuous_factors = True\n" + BY_ROW, {"SAP_score": "dmetric/SAP_score"}),
        "unsupervised": Paper(
            "evaluation.evaluation_fn = @unsupervised_metrics\nunsupervised_metrics.num_train = 200\n" + BINS + BY_ROW,
            {key: f"dmetric/{key}" for key in (
                "gaussian_total_correlation", "gaussian_wasserstein_correlation", "mutual_info_score")}),
        "leakage": Paper(
            "evaluation.evaluation_fn = @factor_leakage\nfactor_leakage.num_train = 200\n" + BINS + BY_ROW
            + "factors_by_row.dropped_factors = [0]\n",
            {f"factor_leakage_{key}": f"dmetric/factor_leakage_{key}"
             for key in ("mean", "norm_mean", "auc", "nm_auc")}),
    },
    "disent": {
        "factor_vae": Paper(
            "evaluation.evaluation_fn = @factor_vae_score\nfactor_vae_score.batch_size = 16\n"
            "factor_vae_score.num_train = 100\nfactor_vae_score.num_eval = 60\n"
            "factor_vae_score.num_variance_estimate = 200\nprune_dims.threshold = 0.0\n" + DISTINCT,
            {"train_accuracy": "factor_vae.train_accuracy", "eval_accuracy": "factor_vae.eval_accuracy"}),
        "mig": Paper("evaluation.evaluation_fn = @mig\nmig.num_train = 200\n" + BINS + BY_ROW,
                     {"discrete_mig": "mig.discrete_score"}),
        "flatness": Paper(
            "evaluation.evaluation_fn = @flatness\nflatness.repeats = 12\n" + BY_ROW,
            {key: key for key in ("flatness.ave_flatness", "flatness.ave_flatness_l1", "flatness.ave_flatness_l2",
                                  "flatness.ave_width_l1", "flatness.ave_width_l2", "flatness.ave_length_l1",
                                  "flatness.ave_length_l2")}, tolerance=1e-6),
        "distances": Paper(
            "evaluation.evaluation_fn = @distances\ndistances.repeats = 12\ndistances.num_samples = 16\n"
            "distances.global_subset_size = 8\n" + BY_ROW,
            {f"distances.{kind}_{pair}.{where}": f"distances.{kind}_{pair}.{where}" for kind in (
                "rsame", "rcorr", "lcorr") for pair in ("ground_data", "ground_latent.l1", "ground_latent.l2",
                                                        "latent_data.l1", "latent_data.l2")
             for where in ("factor", "global")}, tolerance=1e-5),
        "linearity": Paper(
            "evaluation.evaluation_fn = @linearity\nlinearity.repeats = 12\n" + BY_ROW,
            {f"linearity.{key}.var": f"linearity.{key}.var" for key in (
                "axis_alignment", "axis_ratio", "axis_ratio_ave", "linear_ratio")}, tolerance=1e-5),
    },
    "review": {
        "mig_sup": Paper(f"evaluation.evaluation_fn = @mig_sup\nmig_sup.num_train = {NUM_POINTS}\n" + TEN_BINS,
                         {"mig_sup": "score"}, EDGES),
        "dcimig": Paper(f"evaluation.evaluation_fn = @dcimig\ndcimig.num_train = {NUM_POINTS}\n" + TEN_BINS,
                        {"dcimig": "score"}, EDGES),
        "jemmig": Paper(f"evaluation.evaluation_fn = @jemmig\njemmig.num_train = {NUM_POINTS}\njemmig.num_bins = 10\n"
                        "discretizer.discretizer_fn = @minmax_discretizer\n", {"jemmig": "score"}, EDGES),
        "irs": Paper(f"evaluation.evaluation_fn = @irs\nirs.num_train = {NUM_POINTS}\nirs.batch_size = 16\n"
                     "irs.diff_quantile = 1.0\nirs.discretize_factors = True\n" + TEN_BINS, {"IRS": "score"}, EDGES,
                     1e-6),
        "modularity": Paper(
            f"evaluation.evaluation_fn = @modularity_explicitness\nmodularity_explicitness.num_train = {NUM_POINTS}\n"
            "modularity_explicitness.num_test = 100\n" + TEN_BINS, {"modularity_score": "score"}, EDGES),
        "explicitness": Paper(
            f"evaluation.evaluation_fn = @explicitness\nexplicitness.num_train = {NUM_POINTS}\n"
            "logistic_regression.one_vs_rest = True\nlogistic_regression.class_weight = 'balanced'\n",
            {"explicitness": "score"}, EDGES, 1e-5),
    },
    "review_sampled": {
        "z_min_var": Paper(groups("z_min_variance", VARIANCE), {"z_min_variance": "score"}),
        "z_max_var": Paper(groups("z_max_variance", VARIANCE), {"z_max_variance": "score"}, FEW),
        "z_diff": Paper(groups("z_diff", GROUPS) + "logistic_regression.max_iter = 10000\n", {"z_diff": "score"}),
        "dci_lasso": Paper(
            "evaluation.evaluation_fn = @dci_regression\ndci_regression.num_train = 300\n"
            "dci_regression.regressor = @lasso\n",
            {"disentanglement": "disentanglement", "completeness_unweighted": "completeness",
             "informativeness": "informativeness"}, CASES, 1e-9),
        "dci_random_forest": Paper(
            "evaluation.evaluation_fn = @dci_regression\ndci_regression.num_train = 300\n"
            "dci_regression.regressor = @random_forest\n",
            {"disentanglement": "disentanglement", "completeness_unweighted": "completeness",
             "informativeness": "informativeness"}, EDGES, 1e-6),
    },
    "infomec": {
        "continuous": Paper(
            "evaluation.evaluation_fn = @infomec\ninfomec.num_train = 500\ninfomec.discrete_latents = False\n",
            {key: key for key in ("infom", "infoe", "infoc")}, tolerance=1e-4),
        "discrete": Paper(
            "evaluation.evaluation_fn = @infomec\ninfomec.num_train = 500\ninfomec.discrete_latents = True\n",
            {key: key for key in ("infom", "infoe", "infoc")}, (("grid", "factors", 7), ("binary", "factors", 8)),
            1e-4),
    },
    "jl1": {
        "modularity_explicitness": Paper(
            "evaluation.evaluation_fn = @modularity_explicitness\nmodularity_explicitness.num_train = 250\n"
            "modularity_explicitness.num_test = 230\nlogistic_regression.one_vs_rest = True\n"
            "logistic_regression.solver = 'liblinear'\n" + BINS,
            {key: key for key in ("modularity_score", "explicitness_score_train", "explicitness_score_test")}, FEW,
            1e-6),
        "beta_vae": Paper(
            "evaluation.evaluation_fn = @beta_vae_sklearn\nbeta_vae_sklearn.batch_size = 7\n"
            "beta_vae_sklearn.num_train = 120\nbeta_vae_sklearn.num_eval = 60\nlogistic_regression.one_vs_rest = True\n"
            "logistic_regression.solver = 'liblinear'\n", {key: key for key in ("train_accuracy", "eval_accuracy")}),
    },
}


PAPERS |= {
    "disentangling_vae": {"mig_qzx": Paper(
        "evaluation.evaluation_fn = @mig_qzx\nmig_qzx.num_images = None\nmig_qzx.num_samples = 50\n",
        {"MIG": "MIG", "AAM": "AAM"}, FEW, 1e-4)},
    "dci_es": {"explicitness": Paper("", {"explicitness": "E"}, (("curve", "losses", 1), ("curve", "losses", 2)))},
}


def posterior(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and log-variances, both float32, that belong to codes (n, D)."""
    means = means.astype(np.float32)
    return means, -1 - np.abs(means)


def curve(seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Capacities, losses and the baseline loss of probes that more or less improve."""
    stream = np.random.RandomState(seed)
    return np.array([1.0, 2, 3, 4, 8, 16]), np.sort(stream.uniform(0, 0.8, 6))[::-1] + stream.uniform(0, 0.1, 6), 0.8


PROBE_DEPTHS, NUM_PROBE_TREES = (2, 4, 12), 20
PROBE_CASES = (("grid", "linear", 3), ("grid", "noisy", 4))


def probe_points(world: str, name: str, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Codes and factors of 200 points that probes are trained on, and of 100 that they are tested on."""
    stream, table = np.random.RandomState(seed), representation(world, name).codes
    drawn = [drawn_points(WORLDS[world], number, stream) for number in (200, 100)]
    return [(table[places(WORLDS[world], factors)], factors) for factors in drawn]


def drawn_points(world: World, number: int, random_state: np.random.RandomState) -> np.ndarray:
    """Factors (number, num_factors) as disentanglement_lib draws them: batches of 16, column by column."""
    batches = []
    for start in range(0, number, 16):
        size = min(16, number - start)
        batches.append(np.stack([random_state.randint(values, size=size) for values in world.latent_sizes], axis=1))
    return np.concatenate(batches)


def places(world: World, factors: np.ndarray) -> np.ndarray:
    """Grid indices (n,) of factors (n, num_factors) of a world without hidden factors."""
    return np.ravel_multi_index(tuple(np.asarray(factors, dtype=np.int64).T), world.sizes)


assert all(len(WORLDS[world].latent) == len(WORLDS[world].sizes) for world, _, _ in CASES)
