"""One example worked by hand for each metric, and one input that it refuses: every metric has both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from unbraid import metrics

FACTORS = np.stack(np.unravel_index(np.arange(36) % 9, (3, 3)), axis=1)  # two factors of three values, all pairs
SAMPLE = (FACTORS.astype(float), FACTORS)
BITS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
SHORT = (FACTORS[:5].astype(float), FACTORS)
HALF = np.full((1, 2, 2, 1), 0.5)  # a grey image
LINE = np.zeros((1, 5, 2))
LINE[0, :, 0] = np.arange(5)
ZIGZAG = LINE.copy()
ZIGZAG[0, :, 0] = [0, 4, 1, 3, 2]
FAR = dict.fromkeys(("ground", "data", "latent.l1", "latent.l2"), np.array([[1.0, 2, 3], [2, 1, 3]]))
NEAR = FAR | {"latent.l2": np.array([[2.0, 1, 3], [1, 2, 3]])}  # two of three triplets the other way round


def shared(num_groups: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of points that share code 0 or code 1, whichever the number says."""
    numbers = np.arange(num_groups) % 2
    codes = np.random.RandomState(0).rand(2, num_groups, 8, 2)
    for code in (0, 1):
        codes[1, numbers == code, :, code] = codes[0, numbers == code, :, code]
    return numbers, codes


POINTS = np.random.RandomState(0).rand(100, 3)


def fixed(swapped: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Groups in which code j is constant where factor j is, but for the first `swapped` of each factor."""
    numbers = np.repeat([0, 1], 10)
    groups = POINTS[np.random.RandomState(1).randint(100, size=(20, 8))]
    still = numbers.copy()
    for factor in (0, 1):
        still[np.flatnonzero(numbers == factor)[:swapped]] = 1 - factor
    groups[np.arange(20), :, still] = 0.5
    return numbers, groups


def fixed_pairs(swapped: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Groups in which codes (0, 1) are constant where those factors are, but for the first `swapped`: (0, 2)."""
    groups = POINTS[np.random.RandomState(2).randint(100, size=(10, 8))]
    for row in range(10):
        groups[row][:, [0, 2] if row < swapped else [0, 1]] = 0.5
    return np.array([[0, 1]] * 10), groups


def half_noise() -> np.ndarray:
    """Codes of BITS, of which the first says everything of factor 0 and the others nothing of factor 1."""
    return np.stack([BITS[:, 0], np.zeros(4)], axis=1)


def bits() -> tuple[np.ndarray, np.ndarray]:
    """40 points whose codes are their factors, two of two values."""
    factors = np.tile(BITS, (10, 1))
    return factors.astype(float), factors


def shifted(value: int) -> tuple[np.ndarray, np.ndarray]:
    """The points of `bits` whose first factor has a value."""
    codes, factors = bits()
    return codes[factors[:, 0] == value], factors[factors[:, 0] == value]


def correlated(correlation: float) -> np.ndarray:
    """Four points with two codes of this correlation."""
    first, second = BITS.T - 0.5
    return np.stack([first, correlation * first + np.sqrt(1 - correlation**2) * second], axis=1)


# name: (call, key, value): I(z; v) in nats; codes that are factors know log 2 or log 3 of them
EXACT: dict[str, tuple[Callable[[], Any], str, Any]] = {
    "mig": (lambda: metrics.mig(half_noise(), BITS), "discrete_mig", (1 + 0) / 2),
    "mig_sup": (lambda: metrics.mig_sup(half_noise(), BITS), "mig_sup_live_codes", 1.0),
    "dcimig": (lambda: metrics.dcimig(half_noise(), BITS), "dcimig", np.log(2) / (2 * np.log(2))),
    # factor 0: H(v, z*) = log 2, I = log 2, second 0; factor 1: the constant code joins no entropy, I = second = 0
    "jemmig": (lambda: metrics.jemmig(half_noise(), BITS, num_bins=2), "jemmig",
               ((1 - 0) + (1 - np.log(2) / (2 * np.log(2)))) / 2),
    "factor_leakage": (lambda: metrics.factor_leakage(np.repeat(BITS[:, :1], 2, axis=1), BITS[:, :1]),
                       "factor_leakage_mean", np.log(2)),
    # code z = 2 v_0 + v_1 in 0..3, mean 1.5: with v_0 held it is 0.5 from its mean, with v_1 held 1
    "irs": (lambda: metrics.irs(BITS @ [[2], [1]], BITS), "IRS", 1 - 0.5 / 1.5),
    # N(0, [[1, r], [r, 1]]) has total correlation -log(1 - r^2) / 2; here r = 0.6
    "unsupervised_metrics": (lambda: metrics.unsupervised_metrics(correlated(0.6)), "gaussian_total_correlation",
                             -np.log(1 - 0.36) / 2),
    "explicitness": (lambda: metrics.explicitness(BITS[:, :1] + 0.0, BITS[:, :1]), "explicitness", 1.0),
    # codes: v_0, v_1 and v_0 again: shares of factor 0 are 1/2 and 1/2 (above chance 1/3), of factor 1 all
    "infomec": (lambda: metrics.infomec(BITS[:, [0, 1, 0]], BITS, discrete_latents=True), "infoc",
                ((1 / 2 + 1) / 2 - 1 / 3) / (1 - 1 / 3)),
    "dci_regression": (lambda: metrics.dci_regression(*SAMPLE), "disentanglement", 1.0),
    "z_diff": (lambda: metrics.z_diff(*SAMPLE, random_state=0, batch_size=20, num_train=60, num_eval=30), "z_diff",
               1.0),
    "z_min_variance": (lambda: metrics.z_min_variance(*SAMPLE, random_state=0, batch_size=9), "z_min_variance", 1.0),
    "z_max_variance": (lambda: metrics.z_max_variance(*SAMPLE, random_state=0, batch_size=9), "z_max_variance", 1.0),
    "dci": (lambda: metrics.dci(SAMPLE, SAMPLE, random_state=0), "completeness", 1.0),
    # one code tells a factor of two values for sure, the other one guesses: 1 - 1/2
    "sap_score": (lambda: metrics.sap_score(bits(), bits(), random_state=0), "SAP_score", 0.5),
    "modularity_explicitness": (lambda: metrics.modularity_explicitness(SAMPLE, SAMPLE), "modularity_score", 1.0),
    "dci_es": (lambda: metrics.dci_es(SAMPLE, SAMPLE, random_state=0, max_depths=[1, 4], num_trees=5), "size", 2 / 2),
    "downstream_task": (lambda: metrics.downstream_task(SAMPLE, SAMPLE, random_state=0), "36:min_test_accuracy", 1.0),
    # without its code, nothing is known of a factor with three values
    "reduced_downstream_task": (
        lambda: metrics.reduced_downstream_task(SAMPLE, SAMPLE, random_state=0, num_factors_to_remove=1),
        "36:mean_test_accuracy_reduced_factor", 1 / 3),
    "unified_scores": (lambda: metrics.unified_scores(SAMPLE, SAMPLE, random_state=0),
                       "mutual_information_matrix.max_precision", 2),
    "beta_vae_sklearn": (lambda: metrics.beta_vae_sklearn(shared(), shared()), "eval_accuracy", 1.0),
    "clgvae_beta_vae_score": (lambda: metrics.clgvae_beta_vae_score(shared(), shared()), "train_accuracy", 1.0),
    "factor_vae_score": (lambda: metrics.factor_vae_score(POINTS, fixed(), fixed(3)), "eval_accuracy", 7 / 10),
    "cfasl_factor_vae_score": (lambda: metrics.cfasl_factor_vae_score(POINTS, fixed(2)), "train_accuracy", 8 / 10),
    "multi_factor_vae_score": (lambda: metrics.multi_factor_vae_score(POINTS, [(fixed_pairs(), fixed_pairs(4))]),
                               "2:eval_accuracy", 6 / 10),
    "cfasl_multi_factor_vae_score": (lambda: metrics.cfasl_multi_factor_vae_score(POINTS, [fixed_pairs(3)]),
                                     "train_accuracy", 7 / 10),
    "flatness": (lambda: metrics.flatness([LINE, ZIGZAG]), "flatness.ave_flatness", (1 + 0.5) / 2),
    "linearity": (lambda: metrics.linearity([LINE]), "linearity.linear_ratio.var", 1.0),
    "distances": (lambda: metrics.distances([NEAR], NEAR), "distances.rsame_ground_latent.l2.global", 1 / 3),
    "fairness": (lambda: metrics.fairness([[None, np.array([[9, 1], [1, 9]])], [np.array([[5, 5], [5, 5]]), None]]),
                 "mean_fairness:mean_pred:mean_sens", (0.4 + 0) / 2),
    "strong_downstream_task": (
        lambda: metrics.strong_downstream_task(bits(), bits(), [(1, shifted(0), shifted(1))], random_state=0),
        "40:strong_generalization_gap", 0.0),
    "mig_qzx": (lambda: metrics.mig_qzx(SAMPLE[0] * 50, np.zeros((36, 2)), FACTORS, random_state=0), "AAM", 1.0),
    "vae_losses": (lambda: metrics.vae_losses(HALF, HALF, [[1.0, 2.0]], [[0.0, 0.0]]), "elbo", -4 * np.log(2) - 2.5),
    "udr_sklearn": (lambda: metrics.udr_sklearn([BITS, BITS[:, ::-1]], correlation_matrix="spearman"),
                    "model_scores", [1.0, 1.0]),
    "local_mig": (lambda: metrics.local_mig([(half_noise(), BITS), (BITS, BITS)]), "discrete_mig", (0.5 + 1) / 2),
    "local_modularity": (lambda: metrics.local_modularity([(BITS, BITS)]), "modularity_score", 1.0),
    "local_dci": (lambda: metrics.local_dci([(SAMPLE, SAMPLE)], random_state=0), "informativeness_test", 1.0),
    "local_sap": (lambda: metrics.local_sap([(bits(), bits())], random_state=0), "SAP_score", 0.5),
    "local_irs": (lambda: metrics.local_irs([(BITS @ [[2], [1]], BITS)]), "IRS", 1 - 0.5 / 1.5),
}

TOLERANCES = {"mig_qzx": 0.05, "fairness": 1e-6}  # an estimate from samples; shares in float32

UNEQUAL = r"codes have shape \(5, 2\) and .*factors \(36, 2\)"
OF_TRAINING = r"train codes have shape \(5, 2\) and train factors \(36, 2\); expected one row for each point"
GROUPS = r"train groups have .*expected \(num_groups"
CLUSTER = r"cluster codes have shape \(5, 2\) and cluster factors \(36, 2\)"
WRONG_GROUPS = (np.zeros(3), np.zeros((4, 2)))

# name: (call, the sentence that names the argument and its shape)
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    **{name: (lambda name=name: getattr(metrics, name)(*SHORT), UNEQUAL) for name in (
        "mig", "mig_sup", "dcimig", "jemmig", "factor_leakage", "irs", "explicitness", "infomec", "dci_regression")},
    **{name: (lambda name=name: getattr(metrics, name)(*SHORT, random_state=0), UNEQUAL) for name in (
        "z_diff", "z_min_variance", "z_max_variance")},
    **{name: (lambda name=name: getattr(metrics, name)(SHORT, SAMPLE, random_state=0), OF_TRAINING) for name in (
        "dci", "sap_score", "dci_es", "downstream_task", "reduced_downstream_task", "unified_scores")},
    "modularity_explicitness": (lambda: metrics.modularity_explicitness(SHORT, SAMPLE), OF_TRAINING),
    "unsupervised_metrics": (lambda: metrics.unsupervised_metrics([1.0, 2.0]), r"codes have shape \(2,\)"),
    "beta_vae_sklearn": (lambda: metrics.beta_vae_sklearn(WRONG_GROUPS, WRONG_GROUPS), GROUPS),
    "clgvae_beta_vae_score": (lambda: metrics.clgvae_beta_vae_score(WRONG_GROUPS, WRONG_GROUPS), GROUPS),
    "factor_vae_score": (lambda: metrics.factor_vae_score(POINTS, WRONG_GROUPS, WRONG_GROUPS), GROUPS),
    "cfasl_factor_vae_score": (lambda: metrics.cfasl_factor_vae_score(POINTS, WRONG_GROUPS), GROUPS),
    "multi_factor_vae_score": (lambda: metrics.multi_factor_vae_score(POINTS, [(WRONG_GROUPS, WRONG_GROUPS)]), GROUPS),
    "cfasl_multi_factor_vae_score": (lambda: metrics.cfasl_multi_factor_vae_score(POINTS, [WRONG_GROUPS]), GROUPS),
    "flatness": (lambda: metrics.flatness([np.zeros((4, 2))]), r"traversals of factor 0 have shape \(4, 2\)"),
    "linearity": (lambda: metrics.linearity([np.zeros((4, 1, 2))]), r"traversals of factor 0 have shape \(4, 1, 2\)"),
    "distances": (lambda: metrics.distances([FAR], {"ground": np.zeros((2, 3))}),
                  r"distances have shapes .*'data': None"),
    "fairness": (lambda: metrics.fairness([[None, None]]), r"counts have rows of \[2\] for 1 factors"),
    "strong_downstream_task": (lambda: metrics.strong_downstream_task(SHORT, SAMPLE, [], random_state=0), OF_TRAINING),
    "mig_qzx": (lambda: metrics.mig_qzx(SAMPLE[0], np.zeros((36, 3)), FACTORS, random_state=0),
                r"log_variances have shape \(36, 3\); expected that of the means, \(36, 2\)"),
    "vae_losses": (lambda: metrics.vae_losses(HALF, HALF[:, :1], [[1.0]], [[0.0]]),
                   r"shapes \(1, 2, 2, 1\), \(1, 1, 2, 1\), \(1, 1\) and \(1, 1\)"),
    "udr_sklearn": (lambda: metrics.udr_sklearn([BITS, POINTS]), r"model 0 \(4, 2\), model 1 \(100, 3\)"),
    "local_mig": (lambda: metrics.local_mig([SHORT]), CLUSTER),
    "local_modularity": (lambda: metrics.local_modularity([SHORT]), CLUSTER),
    "local_irs": (lambda: metrics.local_irs([SHORT]), CLUSTER),
    "local_dci": (lambda: metrics.local_dci([(SHORT, SAMPLE)], random_state=0), CLUSTER),
    "local_sap": (lambda: metrics.local_sap([(SHORT, SAMPLE)], random_state=0), CLUSTER),
}

ONE_SAMPLE = ("mig", "mig_sup", "dcimig", "jemmig", "factor_leakage", "irs", "explicitness", "infomec",
              "dci_regression", "z_diff", "z_min_variance", "z_max_variance")
TWO_SAMPLES = ("dci", "sap_score", "modularity_explicitness", "dci_es", "downstream_task", "reduced_downstream_task",
               "unified_scores")
# Metrics of codes and factors: their arguments by name, and the options of a fast run.
POINTWISE: dict[str, dict[str, Any]] = {
    **{name: {"codes": SAMPLE[0], "factors": FACTORS} for name in ONE_SAMPLE},
    **{name: {"train": SAMPLE, "test": SAMPLE} for name in TWO_SAMPLES}}
OPTIONS: dict[str, dict[str, Any]] = {
    "z_diff": {"random_state": 0, "batch_size": 4, "num_train": 40, "num_eval": 20},
    "z_min_variance": {"random_state": 0, "batch_size": 4}, "z_max_variance": {"random_state": 0, "batch_size": 4},
    "infomec": {"random_state": 0, "n_jobs": 1}, "dci": {"random_state": 0, "n_jobs": 1},
    "sap_score": {"random_state": 0},
    "dci_es": {"random_state": 0, "max_depths": [1, 4], "num_trees": 5}, "downstream_task": {"random_state": 0},
    "reduced_downstream_task": {"random_state": 0, "num_factors_to_remove": 1}, "unified_scores": {"random_state": 0}}
