"""Affine maps fitted on codes: PCA token by token, ICA, whitening; and one that is given.

scikit-learn fits them; what is exported is what its `transform` computes, written as one matrix."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import numpy as np

from ..common.disk.arrays import Wanted, read_npz
from ..common.disk.reading import UnreadableError
from ..common.errors import ConfigurationError, UserError
from .postprocessing.affine import AffineMap

logger = logging.getLogger(__name__)

SMALLEST = 1e-5  # of the largest standard deviation; less is the noise of float32


def fit_pca_per_token(latents: np.ndarray, token_size: int | None = None, num_components: int = 1) -> AffineMap:
    """The first principal components of each token, token after token: (n, T, V) or (n, T V) to (n, T num_components).

    So are vector-valued latents scored by metrics of scalar ones (arXiv:2301.13721, whose code does so before
    scoring).  token_size: V, needed for latents that are flat.  Raises ConfigurationError when it does not fit."""
    from sklearn.decomposition import PCA

    tokens = _tokens(np.asarray(latents, dtype=np.float64), token_size)
    _, num_tokens, size = tokens.shape
    if not 1 <= num_components <= size:
        raise ConfigurationError(f"pca_representation.num_components is {num_components}; expected 1 to {size}, the "
                                 "numbers in a token.")
    matrix = np.zeros((num_tokens, size, num_tokens, num_components))
    for i in range(num_tokens):
        matrix[i, :, i] = PCA(num_components, svd_solver="full").fit(tokens[:, i]).components_.T
    flat = matrix.reshape(num_tokens * size, num_tokens * num_components)
    return AffineMap(tokens.mean(axis=0).reshape(-1), flat, np.zeros(flat.shape[1]), flat.T,
                     {"name": "pca", "token_size": size, "num_components": num_components})


def fit_whitening(latents: np.ndarray, num_components: int | None = None) -> AffineMap:
    """Principal components of the latents (n, D), each divided by its standard deviation: uncorrelated, variance 1."""
    from sklearn.decomposition import PCA

    latents = _flat_checked(latents, num_components, "whitened_representation")
    pca = PCA(num_components, whiten=True, svd_solver="full").fit(latents)
    deviation = np.sqrt(pca.explained_variance_)
    return AffineMap(pca.mean_, pca.components_.T / deviation, np.zeros(len(deviation)),
                     pca.components_ * deviation[:, None],
                     {"name": "whitening", "num_components": len(deviation)})


def fit_ica(latents: np.ndarray, random_state: np.random.RandomState, num_components: int | None = None,
            max_iterations: int = 1000) -> AffineMap:
    """Independent components of the latents (n, D) by FastICA, each with variance 1 (Hyvarinen 1999).

    A plain autoencoder's latents, so unmixed, are a strong baseline (OpenReview Wa3cfE3Iay)."""
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    latents = _flat_checked(latents, num_components, "ica_representation")
    ica = FastICA(num_components, whiten="unit-variance", random_state=random_state, max_iter=max_iterations)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        ica.fit(latents)
    if caught:
        logger.warning("ICA did not converge in %d iterations, so its components depend on where it stopped; "
                       "ask for fewer components than %d, or for more iterations "
                       "(ica_representation.max_iterations).", max_iterations, latents.shape[1])
    return AffineMap(ica.mean_, ica.components_.T, np.zeros(len(ica.components_)), ica.mixing_.T,
                     {"name": "ica", "num_components": len(ica.components_), "converged": not caught})


def read_linear_map(path: str | Path) -> AffineMap:
    """A map from a .npz file with `matrix` (D, K), and perhaps `offset` (K,): codes are latents @ matrix + offset.

    Raises UserError for a file of anything else."""
    shapes = {"matrix": Wanted(), "offset": Wanted(num_axes=(1,))}
    try:
        arrays = read_npz(Path(path), shapes.get, required=("matrix",))
    except UnreadableError as error:
        raise UserError(f"{path} is no linear map ({error}); expected a file of numpy.savez with matrix (D, K), and "
                        "perhaps offset (K,).") from error
    matrix = arrays["matrix"].astype(np.float64)
    offset = arrays["offset"].astype(np.float64) if "offset" in arrays else np.zeros(matrix.shape[1])
    if 0 in matrix.shape or offset.shape != matrix.shape[1:] or not (np.isfinite(matrix).all() and
                                                                     np.isfinite(offset).all()):
        raise UserError(f"{path} holds matrix {matrix.shape} and offset {offset.shape}; expected (D, K) and (K,) with "
                        "at least one row and column, all numbers finite.")
    return AffineMap(np.zeros(len(matrix)), matrix, offset, np.linalg.pinv(matrix),
                     {"name": "linear", "file": Path(path).name})


def _tokens(latents: np.ndarray, token_size: int | None) -> np.ndarray:
    if latents.ndim == 3 and token_size in (None, latents.shape[2]):
        return latents
    width = latents[0].size
    if token_size is None or width % token_size or latents.ndim == 3:
        raise ConfigurationError(f"pca_representation.token_size is {token_size}, but the latents have shape (N, "
                                 f"{', '.join(map(str, latents.shape[1:]))}); expected how many numbers make up a "
                                 "token, a divisor of their number.")
    return latents.reshape(len(latents), -1, token_size)


def _flat_checked(latents: np.ndarray, num_components: int | None, name: str) -> np.ndarray:
    """(n, D) float64.  Raises UserError where fewer directions vary than are asked for."""
    latents = np.asarray(latents, dtype=np.float64).reshape(len(latents), -1)
    deviations = np.linalg.svd(latents - latents.mean(axis=0), compute_uv=False)
    vary = int((deviations > SMALLEST * deviations[0]).sum()) if deviations[0] else 0
    wanted = latents.shape[1] if num_components is None else num_components
    if not 1 <= wanted <= vary:
        raise UserError(f"{name} wants {wanted} components, but the {latents.shape[1]} latents vary in {vary} "
                        f"directions over {len(latents)} images. Bind {name}.num_components to at most {vary}.")
    return latents
