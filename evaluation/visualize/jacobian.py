"""Columns of the decoder's Jacobian as images: what a small step of each code changes (JL1-VAE, arXiv:2106.02923)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ...export.reading.decoder import Decoder
from .kinds import kind
from .model import MissingPartError, Model
from .shared.drawing import Drawing, as_rgb
from .shared.images import chosen_images
from .shared.mosaic import Mosaic, mosaic_figure
from .shared.options import Options
from .traversals import ordered_codes

METHODS = ("forward", "difference")
NUM_IMAGES = 4
BRIGHTEST = 0.998  # share of the derivatives below full colour: edges would leave all others pale

Codes = Sequence[int] | np.ndarray | None


def jacobian_forward(decoder: Decoder, codes: np.ndarray, columns: Codes = None) -> np.ndarray:
    """(n, num_columns, H, W, C) exact derivatives of the images of `codes` (n, D) with respect to each code, or to
    `columns` of them, by forward-mode differentiation.

    Raises ArtifactError for a decoder in ONNX."""
    points, directions, shape = _steps(codes, columns)
    derivatives = decoder.derivative(points, directions)
    return derivatives.reshape(*shape, *derivatives.shape[1:])


def jacobian_difference(decode: Callable[[np.ndarray], np.ndarray], codes: np.ndarray, epsilon: float = 0.01,
                        columns: Codes = None) -> np.ndarray:
    """The same by central differences (g(z + e/2) - g(z - e/2)) / e: off by about epsilon^2, and by 1e-7 / epsilon."""
    points, directions, shape = _steps(codes, columns)
    step = np.float32(epsilon / 2) * directions
    difference = (decode(points + step) - decode(points - step)) / np.float32(epsilon)
    return difference.reshape(*shape, *difference.shape[1:])


def column_norms(jacobian: np.ndarray) -> np.ndarray:
    """(n, num_columns) sum of absolute derivatives of each column: the L1 norm that JL1-VAE penalises."""
    return np.abs(jacobian).sum(axis=(2, 3, 4), dtype=np.float64)


def coloured(jacobian: np.ndarray, scale: float) -> np.ndarray:
    """Derivatives (..., H, W, C) as RGB: from blue at -scale by white at 0 to red; of colour images, grey is 0."""
    if jacobian.shape[-1] == 3:
        return as_rgb(0.5 + jacobian / (2 * scale))
    import matplotlib

    return matplotlib.colormaps["RdBu_r"](np.clip(0.5 + jacobian[..., 0] / (2 * scale), 0, 1))[..., :3]


@kind("jacobian")
def draw_jacobian(model: Model, options: Options) -> Iterator[Drawing]:
    """For each image a row of Jacobian columns: one mosaic by forward-mode, one by finite differences."""
    images, codes = starting_points(model, options)
    for method in METHODS if options.method == "both" else (options.method,):
        if method == "forward" and model.differentiable_decoder is None and options.method == "both":
            continue  # the other mosaic says so
        columns, jacobian = _ordered_columns(model, codes, method, options)
        if options.single_files:
            yield from _single_columns(jacobian, columns, method)
            continue
        note = "" if method == "forward" else _note(model, options)
        yield Drawing(f"jacobian_{method}", f"derivatives of the image, by {_by(method)}", mosaic_figure(
            jacobian_mosaic(images, model.decode(codes), jacobian, columns, f"by {_by(method)}{note}")))


def _ordered_columns(model: Model, codes: np.ndarray, method: str,
                     options: Options) -> tuple[np.ndarray, np.ndarray]:
    """Codes (K,) in the order of the options, and the Jacobian (n, K, H, W, C) with respect to them."""
    if options.sort != "norm":
        columns = ordered_codes(model, options)
        return columns, _jacobian(model, codes, columns, method, options.epsilon)
    columns = options.chosen_codes(model.num_latents)
    jacobian = _jacobian(model, codes, columns, method, options.epsilon)
    order = np.argsort(-column_norms(jacobian).mean(axis=0), kind="stable")[:options.top_codes]
    return columns[order], jacobian[:, order]


def _single_columns(jacobian: np.ndarray, columns: np.ndarray, method: str) -> Iterator[Drawing]:
    """Each column of each image as a file of its own, pixel for pixel, all on one colour scale."""
    pictures = np.round(255 * coloured(jacobian, colour_scale(jacobian))).astype(np.uint8)
    for number, row in enumerate(pictures):
        for column, picture in zip(columns, row, strict=True):
            yield Drawing(f"jacobian_{method}_{number}_z{column}", f"derivative of image {number} by code {column}",
                          pixels=picture)


def colour_scale(jacobian: np.ndarray) -> float:
    """The derivative that is shown in full colour."""
    return float(np.quantile(np.abs(jacobian), BRIGHTEST)) or float(np.abs(jacobian).max()) or 1.0


def starting_points(model: Model, options: Options) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, H, W, C) and their codes (n, D); without encoder or data set the image of the codes 0."""
    try:
        images = chosen_images(model.data, options, NUM_IMAGES)
        return images, model.encode(images)
    except MissingPartError:
        codes = np.zeros((1, model.num_latents), dtype=np.float32)
        return np.full_like(model.decode(codes), np.nan), codes


def jacobian_mosaic(images: np.ndarray, decoded: np.ndarray, jacobian: np.ndarray, columns: np.ndarray,
                    method: str) -> Mosaic:
    """Rows of image, decoded image and Jacobian columns on one colour scale, the L1 norm below each."""
    scale = colour_scale(jacobian)
    first = np.stack([as_rgb(images), as_rgb(decoded)], axis=1)
    captions = [["", "", *(f"{norm:.3g}" for norm in norms)] for norms in column_norms(jacobian)]
    zero = "grey" if jacobian.shape[-1] == 3 else "white"
    title = (f"Columns of the decoder's Jacobian, {method}\n{zero} is 0, full colour from {scale:.2g} (change of a "
             "pixel's value per unit of code); below each the sum of absolute values")
    return Mosaic(np.concatenate([first, coloured(jacobian, scale)], axis=1), title,
                  columns=["image", "decoded", *(f"d/dz{column}" for column in columns)], captions=captions)


def _jacobian(model: Model, codes: np.ndarray, columns: np.ndarray, method: str, epsilon: float) -> np.ndarray:
    if method == "difference":
        return jacobian_difference(model.decoder, codes, epsilon, columns)
    if model.differentiable_decoder is None:
        raise MissingPartError(f"{model.folder} holds the decoder as ONNX only, which has no derivatives. Use --method "
                               "difference, or export decoder.pt or decoder.pt2 too.")
    return jacobian_forward(model.differentiable_decoder, codes, columns)


def _note(model: Model, options: Options) -> str:
    if model.differentiable_decoder is None:
        return f" of {options.epsilon:g} (only: an ONNX decoder has no derivatives)"
    return f" of {options.epsilon:g}"


def _by(method: str) -> str:
    return "forward-mode differentiation" if method == "forward" else "central finite differences"


def _steps(codes: np.ndarray, columns: Codes) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """Points and unit directions, (n * num_columns, D) each, and (n, num_columns)."""
    codes = np.asarray(codes, dtype=np.float32)
    num_latents = codes.shape[1]
    units = np.eye(num_latents, dtype=np.float32)[np.arange(num_latents) if columns is None else columns]
    shape = (len(codes), len(units))
    return np.repeat(codes, len(units), axis=0), np.tile(units, (len(codes), 1)), shape
