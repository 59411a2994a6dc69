"""What a picture can be told, with the defaults of the command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....common.errors import UserError

MOST_PIXELS = 20_000_000  # of the images of one picture; drawing it takes some 170 bytes for each


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


def refuse_many(num_images: int, shape: Sequence[int]) -> None:
    """Raises UserError for more images than a picture can hold.  shape: (height, width, ...) of each."""
    most = max(1, MOST_PIXELS // (shape[0] * shape[1]))
    if num_images > most:
        raise UserError(f"A picture of {num_images:,} images of {shape[0]} x {shape[1]} pixels is too large; expected "
                        f"at most {most:,}. Ask for less with --num_images, --grid, --steps, --codes or --frames.")
