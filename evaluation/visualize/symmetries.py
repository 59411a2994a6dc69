"""What the elements of CFASL's codebook do to codes and images (arXiv:2401.08897).

Codes are rows and move to z expm(G), where G is one generator or a weighted sum of them that a selector chose."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...common.errors import UserError
from ...export.files.symmetries import Selector
from ...ground_truth.bases.custom_data_sets import CustomTable
from ...ground_truth.bases.image_only import ImageOnlyData
from ...ground_truth.ground_truth_data import DataSet
from .kinds import kind
from .lie_algebra import draw_lie_algebra
from .model import Model
from .shared.axes_charts import heat_map_figure
from .shared.drawing import Drawing
from .shared.images import chosen_images
from .shared.mosaic import Mosaic, mosaic_figure
from .shared.options import Options
from .symmetry_chains import draw_factor_chains

MOVEMENT_IMAGES = 64
NUM_PAIRS = 5


def moved_codes(codes: np.ndarray, generators: np.ndarray) -> np.ndarray:
    """(n, ..., D): codes (n, D) moved by expm of each generator (..., D, D)."""
    from scipy.linalg import expm

    return np.einsum("nd,...de->n...e", codes, expm(generators.astype(np.float64))).astype(np.float32)


def movements(codes: np.ndarray, codebook: np.ndarray) -> np.ndarray:
    """(S, K, D) mean over codes (n, D) of |z - z expm(G)| for each of the generators (S, K, D, D)."""
    return np.abs(moved_codes(codes, codebook) - codes[:, None, None]).mean(axis=0)


def selected(selector: Selector, posterior1: tuple[np.ndarray, np.ndarray],
             posterior2: tuple[np.ndarray, np.ndarray], num_sections: int) -> tuple[np.ndarray, np.ndarray]:
    """Switches (n, S), 0 or 1, and weights (n, S, K) that the selector gives to n pairs of posteriors.

    Posteriors: mean and log-variance, (n, D) each.  Where training draws the switches, the likelier one is taken."""
    (mean1, log1), (mean2, log2) = posterior1, posterior2
    std2 = np.exp((mean2 if selector.std2 == "mean" else log2) / 2)
    chosen = np.concatenate([mean1, np.exp(log1 / 2), mean2, std2], axis=1) @ selector.weight.T + selector.bias
    switches = chosen[:, : 2 * num_sections].reshape(len(chosen), num_sections, 2)
    weights = chosen[:, 2 * num_sections :].reshape(len(chosen), num_sections, -1)
    weights = np.exp(weights - weights.max(axis=2, keepdims=True))
    return (switches[..., 1] > switches[..., 0]).astype(np.float32), weights / weights.sum(axis=2, keepdims=True)


def composed(switches: np.ndarray, weights: np.ndarray, codebook: np.ndarray) -> np.ndarray:
    """(n, S, D, D) generators of the sections 0, 0 to 1, ..., 0 to S - 1 added up; the last is the whole action."""
    sections = np.einsum("ns,nsk,skij->nsij", switches, weights, codebook)
    return np.cumsum(sections, axis=1)


@kind("symmetries")
def draw_symmetries(model: Model, options: Options) -> Iterator[Drawing]:
    """Pictures of CFASL's codebook, of a Lie algebra, or of both where a model has both."""
    symmetries = model.symmetries
    if symmetries.codebook is not None:
        yield from _draw_codebook(model, symmetries.codebook, options)
        if symmetries.selector is not None:
            yield from _draw_pairs(model, symmetries.codebook, symmetries.selector, options)
            yield from draw_chains(model, symmetries.codebook, symmetries.selector, options)
    if symmetries.bases:
        yield from draw_lie_algebra(model, symmetries.bases, options)


def draw_chains(model: Model, codebook: np.ndarray, selector: Selector, options: Options) -> Iterator[Drawing]:
    """For each factor, the symmetry that is selected for its first two values, applied again and again."""

    def generator_of(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        switches, weights = selected(selector, model.posterior(first), model.posterior(second), len(codebook))
        return composed(switches, weights, codebook)[0, -1]

    yield from draw_factor_chains(model, options, generator_of)


def _draw_codebook(model: Model, codebook: np.ndarray, options: Options) -> Iterator[Drawing]:
    """What each generator makes of one image, and how far it moves each code over many."""
    num_sections, num_generators = codebook.shape[:2]
    code = model.encode(chosen_images(model.data, options, 1)[:1])
    moved = moved_codes(code, codebook)[0]
    start = np.broadcast_to(code, (num_sections, 1, len(code[0])))
    cells = model.decode(np.concatenate([start, moved], axis=1).reshape(-1, len(code[0])))
    cells = cells.reshape(num_sections, num_generators + 1, *cells.shape[1:])
    yield Drawing("symmetries_codebook", "one image moved by each generator of the codebook", mosaic_figure(Mosaic(
        cells, "One image moved by each generator G of the codebook: decoder(z expm(G))",
        [f"section {i}" for i in range(num_sections)], ["decoded", *(f"G{k}" for k in range(num_generators))])))
    codes = model.encode(model.data.sample_observations(MOVEMENT_IMAGES, options.random_state()))
    matrix = movements(codes, codebook).reshape(-1, codes.shape[1])
    names = ["" if k else f"section {section}" for section in range(num_sections) for k in range(num_generators)]
    yield Drawing("symmetries_movement", "how far each generator moves each code", heat_map_figure(
        matrix, f"How far each generator moves each code ({MOVEMENT_IMAGES} images)", names,
        [f"z{i}" for i in range(codes.shape[1])], "code", f"generator, {num_generators} in each section",
        "mean |z - z expm(G)|"))


def _draw_pairs(model: Model, codebook: np.ndarray, selector: Selector, options: Options) -> Iterator[Drawing]:
    """From the first image of each pair to the second by the symmetry that the selector chose, section by section."""
    first, second, names = _pairs(model.data, options)
    posterior1, posterior2 = model.posterior(first), model.posterior(second)
    switches, weights = selected(selector, posterior1, posterior2, len(codebook))
    generators = composed(switches, weights, codebook)
    moved = np.stack([moved_codes(code[None], steps)[0] for code, steps in zip(posterior1[0], generators, strict=True)])
    codes = np.concatenate([posterior1[0][:, None], moved, posterior2[0][:, None]], axis=1)
    decoded = model.decode(codes.reshape(-1, codes.shape[2])).reshape(*codes.shape[:2], *first.shape[1:])
    cells = np.concatenate([first[:, None], decoded, second[:, None]], axis=1)
    columns = ["first", "decoded", *(f"section {i}" for i in range(len(codebook))), "decoded", "second"]
    captions = [["", "", *("on" if switch else "off" for switch in row), "", ""] for row in switches]
    yield Drawing("symmetries_pairs", "pairs of images, joined by the symmetry that was chosen for them",
                  mosaic_figure(Mosaic(
                      cells, "The first image's codes moved by the chosen symmetry, section added to section; with all "
                             "of them the second image is expected", names, columns, captions)))


def _pairs(data: DataSet, options: Options) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Pairs (n, H, W, C) that differ in one factor by one step, or random pairs where factors cannot be chosen."""
    if options.image_indices is not None or isinstance(data, (ImageOnlyData, CustomTable)):
        images = chosen_images(data, options, 2 * NUM_PAIRS)
        if len(images) < 2:
            raise UserError("symmetries compares pairs of images; --image_indices names one. Give two or more.")
        pairs = len(images) // 2
        return images[0 : 2 * pairs : 2], images[1 : 2 * pairs : 2], [f"pair {i}" for i in range(pairs)]
    random_state = options.random_state()
    start = data.sample_factors(1, random_state)[0]
    names, factors = [], []
    for index, size in enumerate(data.factors_num_values):
        if size > 1:
            low = min(int(start[index]), size - 2)
            factors += [np.where(np.arange(len(start)) == index, value, start) for value in (low, low + 1)]
            names.append(f"{data.factor_names[index]} {low} to {low + 1}")
    images = np.concatenate([np.asarray(data.sample_observations_from_factors(row[None], options.random_state()))
                             for row in factors])
    return images[0::2], images[1::2], names
