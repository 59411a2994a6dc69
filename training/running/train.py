"""The training of a model: one loop, from a configuration to a checkpoint and results."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import gin
import torch

from ...common.configuration.parsing import bindings_in_use, bound
from ...common.errors import ConfigurationError
from ...common.registry import import_members
from ...ground_truth.bases.parts import TRAIN, DataPart, num_images, whole
from ...ground_truth.ground_truth_data import GroundTruthData
from ...ground_truth.named_data import get_named_ground_truth_data
from ..data.batches import Batches, image_shape
from ..data.image_loader import make_image_loader
from ..data.labelled import Supervision
from ..objectives.objective import VAEObjective
from ..tracking.trackers import TrackerName, check_trackers, tracking
from .callbacks import FOLDER_NAME, Callback, MeanDecoder, MeanEncoder, Training, start_callbacks
from .checkpoint import checkpoint_path, take_networks
from .log import SCORES_NAME, Progress, scores_table
from .loop import rehearse, run
from .placement import place
from .results import write_results
from .seeds import draw_seeds, only_one
from .state import RunState, prepare_directory, refuse_directory

logger = logging.getLogger(__name__)

SCHEDULES = ("annealing_steps", "iteration_threshold")  # parameters of methods: steps until a weight has its value

for folder in ("architectures", "objectives"):
    import_members(f"{__package__.rpartition('.')[0]}.{folder}")  # their decorators make them known to gin


@gin.configurable("model", denylist=["model_dir", "overwrite", "resume", "device", "progress"])
def train(model_dir: Path, overwrite: bool = False, resume: bool = False, device: str = "cpu",
          progress: Progress | None = None, model: VAEObjective | type[VAEObjective] = gin.REQUIRED,
          training_steps: int = gin.REQUIRED, random_seed: int | None = None, batch_size: int = gin.REQUIRED,
          eval_steps: int = 1000, data_seed: int | None = None, checkpoint_steps: int = 5000, log_steps: int = 100,
          keep_steps: int | None = None, start_from: str | None = None,
          precision: str = "float32", compile: bool = False, callbacks: Sequence[Callback] = (),
          trackers: Sequence[TrackerName] = (), name: str = "",
          model_num: int | None = None, model_seed: int | None = None, unsupervised_data_seed: int | None = None,
          supervised_data_seed: int | None = None, num_labelled_samples: int | None = None,
          train_percentage: float | None = None) -> None:
    """Trains `model` on the data set `dataset.name` and writes `model_dir`: checkpoint, logs and results.

    Args:
        training_steps: value of the global step at the end.
        random_seed: seed of weights and noise; it also draws the seeds of the training and the evaluation data, unless
            data_seed gives the former.
        eval_steps: number of batches evaluated at the end.
        checkpoint_steps, log_steps: updates between two checkpoints and between two rows of the log.
        keep_steps: updates between two checkpoints that stay in `model_dir`/checkpoints/STEP; None keeps the latest one
            only.
        start_from: model directory of an earlier training, of any method and data, whose encoder and decoder are the
            first weights; step, optimizers and seeds are new.
        precision: 'float32', 'tf32' for products on a GPU, or 'bfloat16' for the networks' layers.
        compile: hands these layers to torch.compile.
        callbacks: observers of the training, such as @evaluate_during_training().
        trackers: "mlflow" and "wandb", which get the parameters, the losses and the scores of callbacks; a resumed run
            goes on in them.
        name, model_num: labels.
        resume: continue from the checkpoint in `model_dir`; on the CPU the weights equal those of an uninterrupted run
            to the bit.

    disentanglement_lib's semi-supervised configs name the method's class, not an instance, and say model_seed and
    unsupervised_data_seed for random_seed and data_seed; num_labelled_samples images have labels, drawn with
    supervised_data_seed, and a share of train_percentage is trained on, the rest evaluated.

    Raises UserError for what cannot be done, before anything is written."""
    model = method_of(model)
    _check_counts(training_steps=training_steps, batch_size=batch_size, checkpoint_steps=checkpoint_steps,
                  log_steps=log_steps, **({} if keep_steps is None else {"keep_steps": keep_steps}))
    check_trackers(trackers)
    refuse_directory(Path(model_dir), overwrite, resume)
    warn_of_long_schedules(model, training_steps)
    seeds = draw_seeds(only_one(random_seed=random_seed, model_seed=model_seed),
                       only_one(data_seed=data_seed, unsupervised_data_seed=unsupervised_data_seed),
                       supervised_data_seed)
    logger.info("Seeds: %s. Device: %s, %d threads.", seeds, device, torch.get_num_threads())
    data = training_data()
    state = assemble(Path(model_dir), model, data, batch_size, seeds, device, precision, compile,
                     Supervision(supervised_data_seed, num_labelled_samples, train_percentage))
    view = Training(state.model_dir / FOLDER_NAME, str(bound("dataset.name")), data, training_steps,
                    model.step_increment, MeanEncoder(model.encoder, device),
                    MeanDecoder(model.decoder, model.reconstruction_loss.activation, device))
    start_callbacks(callbacks, view)
    if not (resume and checkpoint_path(state.model_dir).exists()):
        if start_from is not None:
            take_networks(model, Path(start_from))
        rehearse(state)
    prepare_directory(state, overwrite, resume)
    if state.finished(training_steps):
        print(f"{model_dir} already holds the finished training ({state.step} steps); nothing to do.")
        return
    with tracking(trackers, state.model_dir, {**bindings_in_use(), **seeds}) as tracked:
        run(state, training_steps, checkpoint_steps, log_steps, progress, callbacks, keep_steps, tracked)
        results = write_results(state, eval_steps)
        tracked.log(state.step, {f"results/{key}": value for key, value in results.items() if isinstance(value, float)})
    print(f"Written: {model_dir} ({state.step} steps).")
    if table := scores_table(state.model_dir / SCORES_NAME):
        print(table)


def assemble(model_dir: Path, model: VAEObjective, data: GroundTruthData, batch_size: int, seeds: dict[str, int],
             device: str = "cpu", precision: str = "float32", compile: bool = False,
             supervision: Supervision | None = None) -> RunState:
    """Builds everything that a training of `model` on `data` needs, at step 0 and on `device`; writes nothing.

    seeds: see `draw_seeds`; seeds torch's global generator.  supervision: required by semi-supervised methods."""
    torch.manual_seed(seeds["random_seed"])
    model.supervise(data, supervision or Supervision())
    model.build(image_shape(data), num_images(data))
    place(model, device, precision, compile)
    optimizers = model.make_optimizers()
    batches = model.make_batches(data, batch_size, seeds["training_data_seed"], make_image_loader(whole(data), device))
    if isinstance(data, DataPart):
        check_draws(batches)
    return RunState(model_dir, model, optimizers, batches, seeds)


def training_data() -> GroundTruthData:
    """Returns the data set that gin names; with `dataset.split`, its part 'train' unless gin names another part."""
    has_split = bound("dataset.split") is not None and bound("dataset.part") is None
    return get_named_ground_truth_data(part=TRAIN) if has_split else get_named_ground_truth_data()


def check_draws(batches: Batches) -> None:
    """Draws one batch and goes back, so that a method that cannot use a part of the images is refused before
    anything is written."""
    beginning = batches.state()
    next(batches)
    batches.restore(beginning)


def warn_of_long_schedules(model: VAEObjective, training_steps: int) -> None:
    """Warns of weights that are still rising when the training ends."""
    for part in model.modules():
        for name in SCHEDULES:
            length = getattr(part, name, 0)
            if length > training_steps:
                logger.warning("%s.%s is %d, but the training ends at step %d: the weight never "
                               "reaches its full value.",
                               getattr(part, "method", type(part).__name__), name, length, training_steps)


def method_of(model: object) -> VAEObjective:
    """Returns the method that `model.model` is bound to, which disentanglement_lib's configs may give as its class."""
    if isinstance(model, type) and issubclass(model, VAEObjective):
        model = model()
    if not isinstance(model, VAEObjective):
        raise ConfigurationError(f"model.model is {model!r}; expected an instance of a method, such as @vae().")
    return model


def _check_counts(**counts: int) -> None:
    for name, count in counts.items():
        if not isinstance(count, int) or count < 1:
            raise ConfigurationError(f"model.{name} is {count!r}; expected a whole number of at least 1.")
