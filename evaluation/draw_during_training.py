"""Pictures of a model while it trains: a callback that draws reconstructions and traversals at given steps.

    import unbraid.evaluation.draw_during_training
    model.callbacks = [@draw_during_training()]
    draw_during_training.steps = 1000
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import gin
import numpy as np

from ..common.errors import ConfigurationError
from ..ground_truth.ground_truth_data import GroundTruthData
from .during_training import check_steps, is_step_due
from .visualize.shared.drawing import Drawing
from .visualize.shared.mosaic import assembled, blank
from .visualize.shared.saving import save
from .visualize.traversals import absolute_values, traverse

GIF_NAME = "training"
MOST_TRAVERSED = 16  # latents; more rows would not fit on a screen


class Training(Protocol):
    """The parts of a training run that this callback needs."""

    output_dir: Path
    data: GroundTruthData
    training_steps: int
    step_increment: int

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Images (n, H, W, C) to means of the posterior (n, D)."""

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Codes (n, D) to images (n, H, W, C)."""


@gin.configurable("draw_during_training")
class DrawDuringTraining:
    """Draws the same images at every due step: reconstructions, and a traversal of each latent from the first image.

    Pictures are written to MODEL_DIR/evaluation/pictures/STEP.png, to TensorBoard, and together to
    MODEL_DIR/evaluation/training.gif.  The training itself is not affected: its weights are the same without."""

    def __init__(self, steps: int | Sequence[int] = gin.REQUIRED, num_images: int = 7, limit: float = 2.0,
                 fps: float = 5.0, seed: int = 0):
        """Sets up the callback.

        Args:
            steps: a picture every so many steps and at the last one, or a list of steps.
            num_images: images that are reconstructed, and values of each traversal.
            limit: traversals go from -limit to limit.
            fps: frames per second of the GIF.
            seed: seed that draws the images from the data set."""
        check_steps("draw_during_training", steps)
        if not isinstance(num_images, int) or num_images < 2:
            raise ConfigurationError(f"draw_during_training.num_images is {num_images!r}; expected at least 2.")
        self.steps, self.num_images, self.limit, self.fps, self.seed = steps, num_images, limit, fps, seed

    def start(self, training: Training) -> None:
        """Draws the images from the data set."""
        self.training = training
        state = np.random.RandomState(self.seed)
        self.images = np.asarray(training.data.sample_observations(self.num_images, state), dtype=np.float32)

    def is_due(self, step: int) -> bool:
        """Returns whether the update that led to `step` reached or passed one of the steps."""
        return is_step_due(self.steps, step, self.training.step_increment, self.training.training_steps)

    def __call__(self, step: int) -> dict[str, float]:
        """Draws, writes the files, and returns no scores."""
        picture = np.round(255 * assembled(self._rows())).astype(np.uint8)
        folder = self.training.output_dir / "pictures"
        save(Drawing(f"{step:09d}", "reconstructions and traversals", pixels=picture), folder)
        self._write_gif(folder)
        self._show(picture, step)
        return {}

    def _rows(self) -> np.ndarray:
        """(2 + num_latents, num_images, H, W, C): originals, reconstructions, and one traversal per row."""
        codes = self.training.encode(self.images)
        latents = np.arange(min(codes.shape[1], MOST_TRAVERSED))
        values = absolute_values(self.limit, len(latents), self.num_images)
        traversals = traverse(self.training.decode, codes[0], latents, values)
        rows = [self.images[None], self.training.decode(codes)[None], blank(self.images[None]), traversals]
        return np.clip(np.concatenate(rows), 0, 1)

    def _write_gif(self, folder: Path) -> None:
        """Joins all pictures so far, those of an interrupted run included."""
        from PIL import Image

        frames = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(folder.glob("*.png"))]
        about = "reconstructions and traversals during training"
        save(Drawing(GIF_NAME, about, frames=frames, fps=self.fps), folder.parent)

    def _show(self, picture: np.ndarray, step: int) -> None:
        """Adds the picture to the run's TensorBoard log, in an event file of its own."""
        from torch.utils.tensorboard import SummaryWriter

        with SummaryWriter(str(self.training.output_dir.parent / "tensorboard")) as writer:
            writer.add_image("pictures/reconstructions_and_traversals", picture, step, dataformats="HWC")
