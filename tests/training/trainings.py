"""Every shipped training config, built as unbraid-train builds it, on stand-ins for the data sets that need a file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from unbraid.common.configuration.parsing import CONFIG_ROOT, bound, configured
from unbraid.ground_truth.bases.byte_images import OUT_OF_255, ByteImages
from unbraid.ground_truth.ground_truth_data import GridGroundTruth
from unbraid.training.data.labelled import Supervision
from unbraid.training.running.seeds import draw_seeds
from unbraid.training.running.state import RunState
from unbraid.training.running.train import assemble, method_of

PARTS = ("any_size",)  # configs that are given beside a method's
CONFIGS = sorted(path for path in (CONFIG_ROOT / "training").rglob("*.gin")
                 if not path.stem.endswith("shared") and path.stem not in PARTS)
COLOURED = ("cars3d", "celeba", "mpi3d_multi_real", "shapes3d")
SIDES = {"mnist": 32, "natural_images": 16}
NUM_STORED = 32


class StandIn(ByteImages, GridGroundTruth):
    """A grid of five factors whose images are a few blocks of random bytes, of any shape."""

    grid_factor_names = ("a", "b", "c", "d", "e")
    grid_factor_sizes = (3, 6, 4, 4, 4)
    pixel_values = OUT_OF_255

    def __init__(self, image_shape: tuple[int, int, int]):
        self.image_shape = image_shape
        blocks = np.random.RandomState(0).randint(256, size=(NUM_STORED, 4, 4, image_shape[2])).astype(np.uint8)
        self.images = blocks.repeat(image_shape[0] // 4, axis=1).repeat(image_shape[1] // 4, axis=2)

    def raw(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        return self.images[indices % NUM_STORED]


def stand_in(data_set: str) -> StandIn:
    """Images of the shape that the data set of this name has."""
    side = SIDES.get(data_set, 64)
    return StandIn((side, side, 3 if data_set in COLOURED else 1))


@contextlib.contextmanager
def training(config: Path, *bindings: str, device: str = "cpu", batch_size: int = 4) -> Iterator[RunState]:
    """Yields a training at step 0, inside its configuration."""
    with configured([config], bindings):
        method = bound("model.model")
        model = method_of(getattr(method, "scoped_configurable_fn", method))
        supervision = Supervision(bound("model.supervised_data_seed"), bound("model.num_labelled_samples"),
                                  bound("model.train_percentage"))
        yield assemble(Path("never written"), model, stand_in(str(bound("dataset.name"))), batch_size, draw_seeds(0),
                       device, str(bound("model.precision", "float32")), supervision=supervision)


def method_name(config: Path) -> str:
    with configured([config]):
        return str(bound("model.model"))


def every_config(few: bool = False) -> list[object]:
    """All configs as parameters of a test; those after the first of each method are marked slow.

    few: so are all methods but the first three, for tests that take seconds each."""
    seen: set[str] = set()
    parameters = []
    for config in CONFIGS:
        name = method_name(config)
        is_slow = name in seen or (few and len(seen) >= 3)
        parameters.append(pytest.param(config, id=config.stem, marks=[pytest.mark.slow] if is_slow else []))
        seen.add(name)
    return parameters
