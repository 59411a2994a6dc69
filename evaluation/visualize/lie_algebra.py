"""What the elements of a Lie algebra do: each code moves the image along its own one-parameter group
(Commutative Lie Group VAE, arXiv:2106.03375)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .jacobian import coloured
from .model import Model
from .shared.axes_charts import heat_map_figure
from .shared.drawing import Drawing, as_rgb
from .shared.mosaic import Mosaic, mosaic_figure
from .shared.options import Options
from .traversals import absolute_values, traverse


def commutator_norms(basis: np.ndarray) -> np.ndarray:
    """(n, n) ||A_i A_j - A_j A_i||_F / (||A_i||_F ||A_j||_F) of a basis (n, m, m), between 0 and 2; 0 commutes."""
    basis = basis.astype(np.float64)
    products = np.einsum("aij,bjk->abik", basis, basis)
    norms = np.linalg.norm(basis, axis=(1, 2))
    scale = np.outer(norms, norms)
    commutators = np.linalg.norm(products - products.transpose(1, 0, 2, 3), axis=(2, 3))
    return np.divide(commutators, scale, out=np.zeros_like(scale), where=scale > 0)


def draw_lie_algebra(model: Model, bases: Sequence[np.ndarray], options: Options) -> Iterator[Drawing]:
    """Each code's basis matrix with the images along its group, and how far the matrices commute."""
    values = absolute_values(options.value_range, model.num_latents, options.steps)
    pictures = traverse(model.decode, np.zeros(model.num_latents), np.arange(model.num_latents), values)
    height, width = pictures.shape[2:4]
    matrices = [matrix for basis in bases for matrix in basis]
    cells = np.concatenate([np.stack([matrix_picture(matrix, height, width) for matrix in matrices])[:, None],
                            as_rgb(pictures)], axis=1)
    names = [f"z{i}  norm {np.linalg.norm(matrix):.3g}" for i, matrix in enumerate(matrices)]
    yield Drawing("symmetries_lie_algebra", "each code's basis matrix and the images along its group", mosaic_figure(
        Mosaic(cells, "Basis matrix A of each code (blue below 0, red above), and the images of expm(t A)",
               names, ["A", *(f"t = {value:+.1f}" for value in values[0])], y_label="code, Frobenius norm of A")))
    start = 0
    for number, basis in enumerate(bases):
        labels = [f"z{start + i}" for i in range(len(basis))]
        start += len(basis)
        if len(basis) > 1:
            yield Drawing(f"symmetries_commutators_{number}", "how far the basis matrices commute", heat_map_figure(
                commutator_norms(basis), "Commutators of the basis matrices: 0 where they commute", labels, labels,
                unit="||AB - BA|| / (||A|| ||B||)"))


def matrix_picture(matrix: np.ndarray, height: int, width: int) -> np.ndarray:
    """(height, width, 3): a matrix as a heat map on its own scale, each entry a block of pixels."""
    scale = float(np.abs(matrix).max()) or 1.0
    rows, columns = (np.arange(size) * len(matrix) // size for size in (height, width))
    return coloured(matrix[np.ix_(rows, columns)][..., None], scale)
