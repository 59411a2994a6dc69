"""disentanglement_lib's studies, with its numbers; bindings in its order and spelling."""

from __future__ import annotations

from collections.abc import Iterable

from ..registry import Binding, Each, Grid, Study, publish

SEVEN_DATA_SETS = ("dsprites_full", "color_dsprites", "noisy_dsprites", "scream_dsprites", "smallnorb", "cars3d",
                   "shapes3d")
# Locatello et al. 2019 (arXiv:1811.12359), table 2: 6 methods with 6 values each.
SIX_METHODS: tuple[tuple[Binding, ...], ...] = (
    (("model.name", "beta_vae"), ("vae.beta", Each(1.0, 2.0, 4.0, 6.0, 8.0, 16.0)), ("model.model", "@vae()")),
    (("model.name", "factor_vae"), ("factor_vae.gamma", Each(10.0, 20.0, 30.0, 40.0, 50.0, 100.0)),
     ("model.model", "@factor_vae()"), ("discriminator.discriminator_fn", "@fc_discriminator")),
    (("model.name", "dip_vae_i"), ("model.model", "@dip_vae()"),
     ("dip_vae.lambda_od", Each(1.0, 2.0, 5.0, 10.0, 20.0, 50.0)), ("dip_vae.lambda_d_factor", 10.0),
     ("dip_vae.dip_type", "i")),
    (("model.name", "dip_vae_ii"), ("model.model", "@dip_vae()"),
     ("dip_vae.lambda_od", Each(1.0, 2.0, 5.0, 10.0, 20.0, 50.0)), ("dip_vae.lambda_d_factor", 1.0),
     ("dip_vae.dip_type", "ii")),
    (("model.name", "beta_tc_vae"), ("model.model", "@beta_tc_vae()"),
     ("beta_tc_vae.beta", Each(1.0, 2.0, 4.0, 6.0, 8.0, 10.0))),
    (("model.name", "annealed_vae"), ("annealed_vae.c_max", Each(5.0, 10.0, 25.0, 50.0, 75.0, 100.0)),
     ("annealed_vae.iteration_threshold", 100000), ("annealed_vae.gamma", 1000), ("model.model", "@annealed_vae()")),
)
METRICS = ("beta_vae_sklearn", "dci", "downstream_task_boosted_trees", "downstream_task_logistic_regression",
           "factor_vae_metric", "mig", "modularity_explicitness", "sap_score", "unsupervised")
REPRESENTATIONS = ("mean", "sampled")


def grids(data_sets: Iterable[str], methods: Iterable[tuple[Binding, ...]], num_seeds: int) -> tuple[Grid, ...]:
    """A grid for each data set and method, the seed varying fastest."""
    methods = tuple(methods)
    return tuple(
        Grid("dlib_shared", (("dataset.name", data_set), ("encoder.encoder_fn", "@conv_encoder"),
                             ("decoder.decoder_fn", "@deconv_decoder"), *method,
                             ("model.random_seed", Each(*range(num_seeds)))))
        for data_set in data_sets for method in methods)


publish("unsupervised_study_v1", Study(
    "Locatello et al. 2019, Challenging common assumptions (arXiv:1811.12359)",
    grids(SEVEN_DATA_SETS, SIX_METHODS, 50), "unsupervised_study_v1", METRICS, REPRESENTATIONS))
publish("fairness_study_v1", Study(
    "Locatello et al. 2019, On the fairness of disentangled representations (arXiv:1905.13662)",
    grids(SEVEN_DATA_SETS, SIX_METHODS, 50), "fairness_study_v1", tuple(sorted((*METRICS, "fairness"))),
    REPRESENTATIONS))
publish("abstract_reasoning_study_v1", Study(
    "van Steenkiste et al. 2019, Are disentangled representations helpful for abstract visual reasoning? "
    "(arXiv:1905.12506)",
    grids(("shapes3d", "abstract_dsprites"), SIX_METHODS, 5), "unsupervised_study_v1", METRICS, REPRESENTATIONS))
