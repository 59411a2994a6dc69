"""The models of published studies by number: bindings, in the order and the spelling of the originals."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.errors import UnknownNameError, UserError

Binding = tuple[str, object]

SEVEN_DATA_SETS = ("dsprites_full", "color_dsprites", "noisy_dsprites", "scream_dsprites", "smallnorb", "cars3d",
                   "shapes3d")


@dataclass(frozen=True)
class Sweep:
    """One method of a study: six values of one parameter, `{}` in one of its bindings."""

    bindings: tuple[Binding, ...]
    values: tuple[float, ...]


# Locatello et al. 2019 (arXiv:1811.12359), table 2: 6 methods with 6 values each.
SIX_METHODS = (
    Sweep((("model.name", "beta_vae"), ("vae.beta", "{}"), ("model.model", "@vae()")), (1, 2, 4, 6, 8, 16)),
    Sweep((("model.name", "factor_vae"), ("factor_vae.gamma", "{}"), ("model.model", "@factor_vae()"),
           ("discriminator.discriminator_fn", "@fc_discriminator")), (10, 20, 30, 40, 50, 100)),
    Sweep((("model.name", "dip_vae_i"), ("model.model", "@dip_vae()"), ("dip_vae.lambda_od", "{}"),
           ("dip_vae.lambda_d_factor", 10.0), ("dip_vae.dip_type", "i")), (1, 2, 5, 10, 20, 50)),
    Sweep((("model.name", "dip_vae_ii"), ("model.model", "@dip_vae()"), ("dip_vae.lambda_od", "{}"),
           ("dip_vae.lambda_d_factor", 1.0), ("dip_vae.dip_type", "ii")), (1, 2, 5, 10, 20, 50)),
    Sweep((("model.name", "beta_tc_vae"), ("model.model", "@beta_tc_vae()"), ("beta_tc_vae.beta", "{}")),
          (1, 2, 4, 6, 8, 10)),
    Sweep((("model.name", "annealed_vae"), ("annealed_vae.c_max", "{}"), ("annealed_vae.iteration_threshold", 100000),
           ("annealed_vae.gamma", 1000), ("model.model", "@annealed_vae()")), (5, 10, 25, 50, 75, 100)),
)


@dataclass(frozen=True)
class Study:
    """All combinations of data set, method, value and seed, the last varying fastest."""

    data_sets: tuple[str, ...]
    sweeps: tuple[Sweep, ...]
    num_seeds: int
    metrics: tuple[str, ...]
    """Metric configs by name, in the order they draw their seeds."""
    config: str = "dlib_shared"

    @property
    def num_models(self) -> int:
        """Number of models."""
        return len(self.data_sets) * sum(len(sweep.values) for sweep in self.sweeps) * self.num_seeds

    def model_bindings(self, model_num: int) -> list[str]:
        """The gin bindings of a model.  Raises UserError outside [0, num_models)."""
        if not 0 <= model_num < self.num_models:
            raise UserError(f"--model_num is {model_num}; this study has the models 0 to {self.num_models - 1}.")
        rest, seed = divmod(model_num, self.num_seeds)
        combinations = [(sweep, value) for sweep in self.sweeps for value in sweep.values]
        data_set, combination = divmod(rest, len(combinations))
        sweep, value = combinations[combination]
        method = [(name, float(value) if given == "{}" else given) for name, given in sweep.bindings]
        return [binding_text(name, given) for name, given in (
            ("dataset.name", self.data_sets[data_set]), ("encoder.encoder_fn", "@conv_encoder"),
            ("decoder.decoder_fn", "@deconv_decoder"), *method, ("model.random_seed", seed))]


METRICS = ("beta_vae_sklearn", "dci", "downstream_task_boosted_trees", "downstream_task_logistic_regression",
           "factor_vae_metric", "mig", "modularity_explicitness", "sap_score", "unsupervised")
STUDIES = {
    "unsupervised_study_v1": Study(SEVEN_DATA_SETS, SIX_METHODS, 50, METRICS),
    "fairness_study_v1": Study(SEVEN_DATA_SETS, SIX_METHODS, 50, tuple(sorted((*METRICS, "fairness")))),
    "abstract_reasoning_study_v1": Study(("shapes3d", "abstract_dsprites"), SIX_METHODS, 5, METRICS),
}


def find_study(name: str) -> Study:
    """The study `name`.  Raises UnknownNameError, with suggestions."""
    if name not in STUDIES:
        raise UnknownNameError("study", name, STUDIES)
    return STUDIES[name]


def binding_text(name: str, value: object) -> str:
    """`name = value` for gin: references bare, other strings in single quotes."""
    return f"{name} = {value if isinstance(value, str) and value.startswith('@') else repr(value)}"
