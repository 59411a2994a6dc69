"""Principal axes of the codes (CFASL's analysis): a disentangled model's lie along single codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from .kinds import kind
from .model import Model
from .shared.axes_charts import FONT_SIZE, heat_map, new_figure
from .shared.drawing import Drawing
from .shared.options import Options

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NUM_IMAGES = 6400  # as there: 100 batches of 64


def principal_axes(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues (D,), falling, and eigenvectors (D, D), a column each, of the covariance of codes (n, D).

    reference: the original sorts the rows of its eigenvectors, which mixes codes with axes."""
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(codes, rowvar=False)))
    return values[::-1], vectors[:, ::-1]


@kind("eigen")
def draw_eigen(model: Model, options: Options) -> Iterator[Drawing]:
    """Eigenvalues as bars, and the absolute entries of the eigenvectors as a heat map."""
    num = NUM_IMAGES if options.num_images is None else options.num_images
    images = model.data.sample_observations(num, options.random_state())
    values, vectors = principal_axes(model.encode(images))
    yield Drawing("eigen", "principal axes of the codes", eigen_figure(values, np.abs(vectors), num))


def eigen_figure(values: np.ndarray, vectors: np.ndarray, num_images: int) -> Figure:
    """Both charts side by side.  vectors: absolute entries."""
    num = len(values)
    figure = new_figure(4 + 0.75 * num, 1.8 + max(0.26 * num, 2))
    bars, entries = figure.subplots(1, 2)
    names = [f"axis {i}" for i in range(num)]
    bars.bar(range(num), values, color="tab:blue")
    bars.set_xticks(range(num), names, fontsize=FONT_SIZE, rotation=60)
    bars.tick_params(axis="y", labelsize=FONT_SIZE)
    bars.set_ylabel("eigenvalue: variance of the codes along the axis", fontsize=FONT_SIZE)
    bars.set_title(f"Eigenvalues of the codes' covariance ({num_images} images)", fontsize=FONT_SIZE + 1, loc="left")
    heat_map(entries, vectors, "Eigenvectors: 1 in each column where axes are codes", [f"z{i}" for i in range(num)],
             names, "axis, by falling eigenvalue", "code", "absolute entry", vmin=0, vmax=1)
    entries.tick_params(axis="x", rotation=60)
    return figure
