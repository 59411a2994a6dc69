"""Latent traversals: one code moves, the others stay (as in disentangling-vae and disentanglement_lib).

From the prior the others are 0; from the posterior they are those of an image.  The range is absolute, or a central
quantile range of N(0, 1), of the image's posterior, or of the codes that the data set's images have."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ...common.errors import UnknownNameError
from .kinds import kind
from .model import Model
from .shared.drawing import Drawing
from .shared.images import chosen_images
from .shared.kl import by_falling_kl
from .shared.mosaic import Mosaic, blank, mosaic_figure
from .shared.options import Options

QUANTILES_OF = ("prior", "posterior", "data")
DATA_IMAGES = 1000  # whose codes give the quantiles of the data

Decode = Callable[[np.ndarray], np.ndarray]


def traverse(decode: Decode, start: np.ndarray, codes: Sequence[int] | np.ndarray, values: np.ndarray) -> np.ndarray:
    """(num_codes, steps, H, W, C): the decoder's images where code `codes[i]` of `start` (D,) takes `values[i, k]`."""
    images = decode(traversal_codes(start, codes, values).reshape(-1, len(start)))
    return images.reshape(*np.shape(values), *images.shape[1:])


def traversal_codes(start: np.ndarray, codes: Sequence[int] | np.ndarray, values: np.ndarray) -> np.ndarray:
    """(num_codes, steps, D) codes of a traversal."""
    moved = np.tile(np.asarray(start, dtype=np.float32), (*np.shape(values), 1))
    for row, code in enumerate(codes):
        moved[row, :, code] = values[row]
    return moved


def absolute_values(limit: float, num_codes: int, steps: int) -> np.ndarray:
    """(num_codes, steps) evenly from -limit to limit."""
    return np.tile(np.linspace(-limit, limit, steps), (num_codes, 1))


def gaussian_values(probability: float, mean: np.ndarray, std: np.ndarray, steps: int) -> np.ndarray:
    """(num_codes, steps) evenly over the central range that N(mean, std^2) falls into with `probability`."""
    from scipy.stats import norm

    limit = norm.ppf((1 + probability) / 2)
    return np.asarray(mean)[:, None] + np.asarray(std)[:, None] * np.linspace(-limit, limit, steps)


def data_values(probability: float, codes_of_data: np.ndarray, steps: int) -> np.ndarray:
    """(D, steps) evenly over the central range that `probability` of the codes (n, D) lie in, code by code."""
    low, high = np.quantile(codes_of_data, [(1 - probability) / 2, (1 + probability) / 2], axis=0)
    return np.linspace(low, high, steps, axis=1)


def ordered_codes(model: Model, options: Options) -> np.ndarray:
    """The chosen codes, by index or by falling KL divergence, as many as are wanted."""
    codes = options.chosen_codes(model.num_latents)
    codes = by_falling_kl(model.kl, codes) if options.sort == "kl" else codes
    return codes[:options.top_codes]


def code_names(model: Model, codes: np.ndarray) -> list[str]:
    """Names of the rows, with the KL divergence in nats where it is known."""
    kl = model.kl_if_known
    return [f"z{code}" if kl is None else f"z{code}  KL {kl[code]:.2f}" for code in codes]


def traversal_values(model: Model, options: Options, codes: np.ndarray, image: np.ndarray | None) -> np.ndarray:
    """(num_codes, steps) that the options ask for.  image: (H, W, C) where the traversal starts; None for the prior."""
    if options.quantile is None:
        return absolute_values(options.value_range, len(codes), options.steps)
    source = options.quantile_of or ("prior" if image is None else "posterior")
    if source not in QUANTILES_OF:
        raise UnknownNameError("source of quantiles", source, QUANTILES_OF)
    if source == "data":
        images = model.data.sample_observations(DATA_IMAGES, options.random_state())
        return data_values(options.quantile, model.encode(images)[:, codes], options.steps)
    if source == "prior" or image is None:
        return gaussian_values(options.quantile, np.zeros(len(codes)), np.ones(len(codes)), options.steps)
    mean, log_variance = (part[0, codes] for part in model.posterior(image[None]))
    return gaussian_values(options.quantile, mean, np.exp(log_variance / 2), options.steps)


@kind("traversals")
def draw_traversals(model: Model, options: Options) -> Iterator[Drawing]:
    """One mosaic from the prior, and one for each image from its posterior: a row for each code."""
    codes = ordered_codes(model, options)
    if options.traverse in ("prior", "both"):
        values = traversal_values(model, options, codes, None)
        pictures = traverse(model.decode, np.zeros(model.num_latents), codes, values)
        yield Drawing("traversals_prior", "latent traversals, all other codes 0", mosaic_figure(
            traversal_mosaic(pictures, values, code_names(model, codes), "Traversals from the prior: others at 0")))
    if options.traverse in ("posterior", "both"):
        for number, image in enumerate(chosen_images(model.data, options, 1)):
            yield _from_image(model, options, codes, image, number)


def traversal_mosaic(pictures: np.ndarray, values: np.ndarray, names: list[str], title: str) -> Mosaic:
    """Named rows; values on top where all rows share them, else the range with each row's name."""
    if np.allclose(values, values[:1]):
        columns = [f"{value:+.2f}" for value in values[0]]
    else:
        columns = []
        names = [f"{name}  {row[0]:+.2f} to {row[-1]:+.2f}" for name, row in zip(names, values, strict=True)]
    return Mosaic(pictures, title, names, columns, x_label="value of the code (prior: N(0, 1))",
                  y_label="code" + (", KL divergence in nats" if any("KL" in name for name in names) else ""))


def _from_image(model: Model, options: Options, codes: np.ndarray, image: np.ndarray, number: int) -> Drawing:
    start = model.encode(image[None])[0]
    values = traversal_values(model, options, codes, image)
    pictures = traverse(model.decode, start, codes, values)
    mosaic = traversal_mosaic(pictures, values, code_names(model, codes),
                              "Traversals from the posterior: others at the codes of the image")
    mosaic = with_start(mosaic, image, model.decode(start[None])[0])
    return Drawing(f"traversals_posterior_{number}", f"latent traversals from the codes of image {number}",
                   mosaic_figure(mosaic))


def with_start(mosaic: Mosaic, image: np.ndarray, decoded: np.ndarray) -> Mosaic:
    """The mosaic with two columns in front: the image where its rows start, and what is decoded from its codes."""
    first = blank(mosaic.images[:, :2])
    first[0, 0], first[0, 1] = image, decoded
    columns = ["image", "decoded", *(mosaic.columns or [""] * mosaic.images.shape[1])]
    return dataclasses.replace(mosaic, images=np.concatenate([first, mosaic.images], axis=1), columns=columns)
