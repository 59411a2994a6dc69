"""What a picture can be told, with the defaults of the command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...common.errors import UserError
from ...common.registry import Registry, import_members

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .model import Model


@dataclass(frozen=True)
class Options:
    """seed: of all that is drawn by chance.  codes: which ones, None for all.  steps: images of a traversal.
    value_range, quantile, quantile_of: see traversals.py.  traverse: "prior", "posterior" or "both".
    sort: "index", "kl" or, for Jacobians, "norm".  top_codes: how many codes, the first after sorting; None for all.
    num_images: None for each kind's own number.  image_indices: places in the data set of the first images.  factors:
    values of factors, such as "x_0=10,y_0=20", of images that are drawn.  single_files: each Jacobian column is a file
    of its own.  grid: rows and columns.  method: "forward", "difference" or "both", for Jacobians.
    epsilon: step of the finite differences.  frames, fps: of a GIF.  top: codes of the largest KL.
    num_points, color_by, fix: points in the space of three codes, the factor that colours them, and factors held
    fixed."""

    seed: int = 0
    codes: Sequence[int] | None = None
    steps: int = 9
    value_range: float = 2.0
    quantile: float | None = None
    quantile_of: str | None = None
    traverse: str = "both"
    sort: str = "index"
    num_images: int | None = None
    top_codes: int | None = None
    image_indices: Sequence[int] | None = None
    factors: str | None = None
    single_files: bool = False
    grid: tuple[int, int] = (6, 10)
    method: str = "both"
    epsilon: float = 0.01
    frames: int = 15
    fps: float = 10
    top: int = 5
    num_points: int = 640
    color_by: str | None = None
    fix: Sequence[str] = ()

    def random_state(self) -> np.random.RandomState:
        """A fresh one, so that no picture depends on which others were drawn before it."""
        return np.random.RandomState(self.seed)

    def chosen_codes(self, num_latents: int) -> np.ndarray:
        """Raises UserError for a code that the model does not have."""
        codes = np.arange(num_latents) if self.codes is None else np.asarray(self.codes, dtype=int)
        if wrong := [int(code) for code in codes if not 0 <= code < num_latents]:
            raise UserError(f"--codes names {', '.join(map(str, wrong))}, but the model has the codes 0 to "
                            f"{num_latents - 1}.")
        return codes


@dataclass(frozen=True)
class Drawing:
    """One picture: a figure, pixels (H, W, 3) uint8 that are written as they are, or the frames (n, H, W, 3) of a GIF.

    name: of the file, without suffix.  about: what it shows, in a sentence."""

    name: str
    about: str
    figure: Figure | None = None
    pixels: np.ndarray | None = None
    frames: Sequence[np.ndarray] = ()
    fps: float = 10


Draw = Callable[["Model", Options], Iterator[Drawing]]
_KINDS: Registry[Draw] = Registry("kind of picture")


def kind(name: str) -> Callable[[Draw], Draw]:
    """Registers a function that draws under the name that the command takes."""
    return _KINDS.register(name)


def kinds() -> Registry[Draw]:
    """All kinds by name, every file of this folder imported."""
    import_members(__package__)
    return _KINDS


def as_rgb(images: np.ndarray) -> np.ndarray:
    """Images (..., H, W, 1 or 3) as (..., H, W, 3), clipped to [0, 1]."""
    clipped = np.clip(images, 0, 1)
    return np.broadcast_to(clipped, (*clipped.shape[:-1], 3))


def no_progress(iterable: Any, **options: Any) -> Any:
    """The silent default of a progress bar."""
    del options
    return iterable
