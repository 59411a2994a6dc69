"""Records reference scores: `python make_goldens.py published|local|repository|lowest`, beside the reference itself.

published   the PyPI package: pip install tensorflow-cpu gin-config scikit-learn scipy numpy pandas simplejson six
            matplotlib seaborn; pip install --no-deps disentanglement_lib==1.5
repository  what the package lacks (udr, validation): PYTHONPATH = a clone of google-research/disentanglement_lib
lowest      the same package with the lowest versions that unbraid allows (constraints-lowest.txt), for the metrics that
            are other ones there
local       PYTHONPATH = folder disentanglement_lib of a clone of travers-rhodes/jlonevae

numpy's global stream, on which the reference's scikit-learn models draw, is seeded like the metric itself.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
import time
import types
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import gin  # noqa: E402
import numpy as np  # noqa: E402

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

from metric_worlds import CASES, LOCAL, PUBLISHED, VERSIONED, WORLDS, Metric, World, lowest, representation  # noqa: E402


def accept_old_names() -> None:
    """Lets the reference import on a modern Python: gin without TensorFlow, two renamed keywords, numpy's old names."""
    original = gin.configurable

    def configurable(*arguments, blacklist=None, whitelist=None, **options):
        renamed = {"denylist": blacklist, "allowlist": whitelist}
        return original(*arguments, **options, **{key: value for key, value in renamed.items() if value is not None})

    plugin = types.ModuleType("gin.tf")
    plugin.__dict__.update({name: getattr(gin, name) for name in dir(gin)})
    plugin.configurable = gin.configurable = configurable
    plugin.external_configurables = types.ModuleType("gin.tf.external_configurables")
    sys.modules |= {"gin.tf": plugin, "gin.tf.external_configurables": plugin.external_configurables}
    gin.tf = plugin
    for name, replacement in {"float": float, "int": int, "bool": bool, "object": object, "float_": np.float64}.items():
        if not hasattr(np, name):
            setattr(np, name, replacement)
    importlib.import_module("sklearn.metrics")  # the reference imports sklearn and expects its parts
    importlib.import_module("sklearn.ensemble")
    importlib.import_module("sklearn.linear_model")


def ground_truth(world: World):
    """The world as a data set of the reference, on the reference's own state space."""
    from disentanglement_lib.data.ground_truth import ground_truth_data, util

    class WorldData(ground_truth_data.GroundTruthData):
        state_space = util.SplitDiscreteStateSpace(list(world.sizes), list(world.latent))
        num_factors = len(world.latent)
        factors_num_values = world.latent_sizes
        observation_shape = (1, 1, 1)
        factor_names = tuple(f"factor {index}" for index in world.latent)

        def sample_factors(self, num, random_state):
            return self.state_space.sample_latent_factors(num, random_state)

        def sample_observations_from_factors(self, factors, random_state):
            complete = self.state_space.sample_all_factors(factors, random_state)
            return world.images(np.ravel_multi_index(tuple(complete.T), world.sizes))

    return WorldData()


def score(metric: Metric, case: tuple[str, str, int]) -> dict:
    """Scores of one case; where the reference raises, {"error": the exception's name}."""
    world, name, seed = case
    module = importlib.import_module(f"disentanglement_lib.evaluation.metrics.{metric.module}")
    gin.clear_config()
    gin.parse_config(metric.bindings)
    np.random.seed(seed)
    try:
        with tempfile.TemporaryDirectory() as artifacts:
            result = getattr(module, metric.function)(ground_truth(WORLDS[world]), representation(world, name),
                                                      np.random.RandomState(seed), artifact_dir=artifacts)
    except (ValueError, IndexError, AssertionError) as error:
        return {"error": type(error).__name__}
    return result


def udr_scores() -> dict[str, dict]:
    """`udr_sklearn` over four models of one world, whose log variances are affine in their means."""
    from disentanglement_lib.evaluation.udr.metrics import udr

    names = ("linear", "permuted", "noisy", "constant")
    found = {}
    for kind in ("lasso", "spearman"):
        # `noisy` and `constant` have five latents, `linear` of the "grid" world too
        functions = [with_divergence(representation("grid", name)) for name in names]
        found[f"udr_{kind}"] = udr.compute_udr_sklearn(
            ground_truth(WORLDS["grid"]), functions, np.random.RandomState(4), batch_size=10, num_data_points=200,
            correlation_matrix=kind)
    return found


def with_divergence(function):
    def encode(images):
        means = function(images)
        log_variances = -np.abs(means)
        return means, np.mean(0.5 * (np.square(means) + np.exp(log_variances) - log_variances - 1), axis=0)

    return encode


def validation_scores() -> dict[str, dict]:
    """The fixed-data variants under each labeller."""
    from disentanglement_lib.evaluation.metrics import dci, mig, sap_score
    from disentanglement_lib.methods.semi_supervised import semi_supervised_utils as labellers

    data, function, found = ground_truth(WORLDS["grid"]), representation("grid", "linear"), {}
    for labeller in ("perfect_labeller", "bin_labeller", "noisy_labeller", "permuted_labeller", "partial_labeller"):
        gin.clear_config()
        gin.parse_config(f"labeller.labeller_fn = @{labeller}\ndiscretizer.discretizer_fn = @histogram_discretizer\n"
                         "discretizer.num_bins = 20\nbin_labeller.num_bins = 3\n")
        images, labels, _ = labellers.sample_supervised_data(6, data, 150)
        np.random.seed(6)
        found[labeller] = {
            "mig": mig.compute_mig_on_fixed_data(images, labels.T, function),
            "dci": dci.compute_dci_on_fixed_data(images, labels.T, function, train_percentage=0.7),
            "sap": sap_score.compute_sap_on_fixed_data(images, labels.T, function, train_percentage=0.7,
                                                       continuous_factors=False),
        }
    return found


def record(metrics: dict[str, Metric]) -> dict[str, dict]:
    found = {}
    for name, metric in metrics.items():
        start = time.time()
        found[name] = {"/".join(map(str, case)): score(metric, case) for case in metric.cases}
        print(f"{name}: {len(metric.cases)} cases, {time.time() - start:.0f} s", flush=True)
    return found


def main(group: str) -> None:
    accept_old_names()
    recorders = {"published": lambda: record(PUBLISHED), "local": lambda: record(LOCAL),
                 "lowest": lambda: record({name: lowest(PUBLISHED[name]) for name in VERSIONED}),
                 "repository": lambda: {"udr": udr_scores(), "validation": validation_scores()}}
    found = recorders[group]()
    path = FOLDER / "goldens" / f"{group}.json"
    path.write_text(json.dumps(found, indent=0, default=float) + "\n")
    print(f"{path.name}: {len(CASES)} cases a metric")


if __name__ == "__main__":
    main(sys.argv[1])
