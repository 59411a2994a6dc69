"""Evaluation while a model trains: a callback that `unbraid-train` calls at given steps, in the same process.

    import unbraid.evaluation.during_training
    model.callbacks = [@evaluate_during_training()]
    evaluate_during_training.metrics = ["mig", "dci"]
    evaluate_during_training.steps = 10000

Training is a floor below and imports nothing of this one; gin's `import` statement brings the two together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

import gin
import numpy as np

from ..common.errors import ConfigurationError
from ..export.reading.artifact import NO_HINTS, Representation
from ..ground_truth.ground_truth_data import GroundTruthData
from ..ground_truth.registry import data_sets
from .protocol.evaluate import Evaluator, metric_configs
from .protocol.resolved import resolve
from .protocol.reuse import reusable_results
from .reporting.declared.headlines import headline

logger = logging.getLogger(__name__)


class Encoder(Protocol):
    """The mean of the posterior of a model in training."""

    device: str

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Images (n, H, W, C) float32 in [0, 1] to codes (n, D) float32."""

    def sha256(self) -> str:
        """Hash of the weights as they are now."""


class Training(Protocol):
    """What this callback has to know of a training."""

    output_dir: Path
    data_set: str
    data: GroundTruthData
    training_steps: int
    step_increment: int
    encode: Encoder


class MomentaryRepresentation:
    """The representation of a model in training, as an artifact's reader would give it; valid until the next
    optimizer step."""

    record = None
    backend = "training"
    hints = NO_HINTS
    allow_batch_dependence = False
    batch_dependence = understanding = None
    code_names: Sequence[str] = ()

    def __init__(self, encode: Encoder, path: Path):
        """path: what the results name as the file that was scored."""
        self.encode, self.path = encode, path

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Images (n, H, W, C) float32 in [0, 1] to codes (n, D) float32."""
        return self.encode(images)

    @property
    def device(self) -> str:
        """Where the model trains."""
        return self.encode.device

    @property
    def provider(self) -> str:
        """What runs the encoder, as for artifacts."""
        return f"torch {self.device}"

    def is_deterministic(self, images: np.ndarray) -> bool:
        """True: it is the mean."""
        return True

    @property
    def sha256(self) -> str:
        """Hash of the encoder's weights: there is no file to hash."""
        return self.encode.sha256()


@gin.configurable("evaluate_during_training")
class EvaluateDuringTraining:
    """Scores the mean representation with several metrics; each image is encoded once for all of a step.

    Whole results go to MODEL_DIR/evaluation/STEP/METRIC/results, the number a metric is quoted by to TensorBoard,
    MODEL_DIR/scores.csv and the table at the end.  The training takes no notice: its weights come out the same."""

    def __init__(self, metrics: Sequence[str] = gin.REQUIRED, steps: int | Sequence[int] = gin.REQUIRED,
                 bindings: Sequence[str] = ()):
        """metrics: names of shipped gin configs, or files, as for unbraid-evaluate.  steps: a number for every so many
        steps and the last one, or a list of steps.  bindings: gin bindings that win over the metrics' configs."""
        self.metrics, self.steps, self.bindings = metrics, steps, list(bindings)
        check_steps("evaluate_during_training", steps)

    def start(self, training: Training) -> None:
        """Raises ConfigurationError for metrics that cannot be scored and steps that never come."""
        self.training = training
        if not training.data.factors_num_values:
            raise ConfigurationError("evaluate_during_training needs a data set with known factors, which "
                                     f"{training.data_set!r} has not; take the callback out of model.callbacks.")
        late = [step for step in self._listed() if step > training.training_steps]
        if late:
            raise ConfigurationError(f"evaluate_during_training.steps has {late[0]}, but the training ends at step "
                                     f"{training.training_steps}; raise model.training_steps or take the step out.")
        data_set = getattr(data_sets()[training.data_set], "scored_on", training.data_set)
        self.data_sets = {training.data_set: training.data}
        bindings = [f"dataset.name = {data_set!r}", *self.bindings]
        configs = metric_configs(_names(self.metrics), bindings)
        self.resolved = {name: resolve(files, bindings) for name, files in configs.items()}
        for name, metric in self.resolved.items():
            if metric.input == "models":
                raise ConfigurationError(f"evaluate_during_training.metrics has {name!r}, which compares several "
                                         "models; a training has one.")

    def is_due(self, step: int) -> bool:
        """Whether the update that led to `step` reached or passed one of the steps."""
        return is_step_due(self.steps, step, self.training.step_increment, self.training.training_steps)

    def __call__(self, step: int) -> dict[str, float]:
        """The number each metric is quoted by."""
        folder = self.training.output_dir / str(step)
        representation = MomentaryRepresentation(self.training.encode, folder)
        evaluator = Evaluator(cast(Representation, representation), folder, data_sets=self.data_sets)
        scores = {}
        for name, resolved in self.resolved.items():
            metric = evaluator.on_own_data(resolved)
            fingerprint = evaluator.fingerprint(metric)
            results = (reusable_results(folder / name, metric.step, fingerprint)  # of a training that was resumed
                       or evaluator.score(metric, folder / name, True, fingerprint))
            key, value = headline(results)
            scores[name] = float("nan") if value is None else float(value)
            logger.info("Step %d: %s %s = %.4f.", step, name, key, scores[name])
        return scores

    def _listed(self) -> Sequence[int]:
        return [] if isinstance(self.steps, int) else self.steps


def _names(metrics: Sequence[str]) -> Sequence[str]:
    if isinstance(metrics, str) or not metrics:
        raise ConfigurationError(f"evaluate_during_training.metrics is {metrics!r}; expected a list of metrics, such "
                                 "as ['mig', 'dci'].")
    return metrics


def check_steps(callback: str, steps: int | Sequence[int]) -> None:
    """Raises ConfigurationError unless `steps` is a positive number or a list of them; `callback` names the binding."""
    listed = [steps] if isinstance(steps, int) else steps
    if not listed or any(not isinstance(step, int) or step < 1 for step in listed):
        raise ConfigurationError(f"{callback}.steps is {listed!r}; expected a number of steps of at least 1, or a list "
                                 "of them.")


def is_step_due(steps: int | Sequence[int], step: int, increment: int, training_steps: int) -> bool:
    """Returns whether the update from `step - increment` to `step` reached or passed one of the steps.

    steps: a number for every so many steps and the last one, or a list of steps."""
    before = step - increment
    if isinstance(steps, int):
        return step >= training_steps or step // steps > before // steps
    return any(before < listed <= step for listed in steps)
