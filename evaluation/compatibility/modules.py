"""What `disentanglement_lib.*` and `gin.tf` mean in a module that a gin file imports."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
from collections.abc import Sequence
from types import ModuleType

from ...common.configuration import gin_files

HERE, ROOT = __package__, __package__.rpartition(".evaluation")[0]
METRICS = ("beta_vae", "dci", "downstream_task", "factor_vae", "fairness", "irs", "mig", "modularity_explicitness",
           "reduced_downstream_task", "sap_score", "strong_downstream_task", "unified_scores", "unsupervised_metrics")
# Where the formula of a metric has another name than its protocol.
SCORES = {"beta_vae": "beta_vae_sklearn", "factor_vae": "factor_vae_score"}
DATA_SETS = {"cars3d": "cars3d", "dsprites": "dsprites", "dummy_data": "dummy_data", "mpi3d": "mpi3d", "norb": "norb",
             "shapes3d": "shapes3d", "threeDots": "three_dots"}

OURS = {
    "disentanglement_lib.evaluation.evaluate": f"{ROOT}.evaluation.protocol.evaluate",
    "disentanglement_lib.evaluation.metrics.utils": f"{HERE}.metric_utils",
    "disentanglement_lib.data.ground_truth.util": f"{HERE}.state_space",
    "disentanglement_lib.data.ground_truth.ground_truth_data": f"{ROOT}.ground_truth.ground_truth_data",
    "disentanglement_lib.data.ground_truth.named_data": f"{ROOT}.ground_truth.named_data",
    "disentanglement_lib.utils.results": f"{ROOT}.common.results",
    **{f"disentanglement_lib.evaluation.metrics.{name}": f"{ROOT}.evaluation.metrics.{name}" for name in METRICS},
    **{f"disentanglement_lib.data.ground_truth.{name}": f"{ROOT}.ground_truth.sets.{ours}"
       for name, ours in DATA_SETS.items()},
}
# gin.tf brings TensorFlow; a metric imports it for gin.configurable alone.
EMPTY = {"gin.tf", "gin.tf.external_configurables"} | {
    name.rsplit(".", level)[0] for name in OURS for level in range(1, name.count(".") + 1)}


if importlib.util.find_spec("six") is None:
    OURS |= dict.fromkeys(("six", "six.moves"), f"{HERE}.six_names")


class CompatibilityFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the names above, and refuses the rest of disentanglement_lib in a sentence."""

    def find_spec(self, name: str, path: Sequence[str] | None = None,
                  target: ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        if name in OURS or name in EMPTY:
            return importlib.machinery.ModuleSpec(name, self, is_package=name in EMPTY or name == "six")
        if name.startswith("disentanglement_lib."):
            raise ImportError(f"{name} has no counterpart in unbraid; there are the modules of disentanglement_lib."
                              "evaluation.metrics and disentanglement_lib.data.ground_truth", name=name)
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Fills a module with the names of ours; the others stay empty."""
        place, _, last = module.__name__.rpartition(".")
        sources = [OURS[module.__name__]] if module.__name__ in OURS else []
        if place.endswith("evaluation.metrics") and last in METRICS:
            sources.insert(0, f"{ROOT}.metrics.scores.{SCORES.get(last, last)}")
        for source in sources:
            names = vars(importlib.import_module(source))
            vars(module).update({name: value for name, value in names.items() if not name.startswith("__")})


def install() -> None:
    """Lets modules that gin files import see these names."""
    if not gin_files.finders:
        gin_files.finders.append(CompatibilityFinder())
        gin_files.forgotten += {name.partition(".")[0] for name in OURS} | {"gin.tf"}
