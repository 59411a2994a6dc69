"""Pictures of a model in a report: rows of small images with names, as data inside the page."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ....common.configuration.parsing import config_values
from ....common.errors import UserError
from ....ground_truth.files.pictures.picture_bytes import png_bytes
from ..charts.line_charts import Chart, bar_chart
from ..reading.runs import Run
from ..reading.scores import unquoted

if TYPE_CHECKING:
    from ...visualize.model import Model

ACTIVE_KL = 0.1  # nats; a latent below it is called inactive, as most of its images' posteriors are the prior
STEPS, VALUE_RANGE = 9, 2.0
NUM_CODES, DATA_SHARE = 1000, 0.98  # images, and the central share of their codes, that give a traversal's range
NUM_RECONSTRUCTIONS, NUM_JACOBIANS = 10, 3
BRIGHTEST = 0.995  # share of the derivatives below full colour: edges would leave all others pale
SEED = 0
SEPARATOR = 0.6  # neither the white of three-dots nor the black of dSprites


@dataclass(frozen=True)
class PictureRow:
    """A strip of images of one size: its name, and a PNG as a data URI."""

    label: str
    source: str
    width: int
    height: int


@dataclass(frozen=True)
class PictureTable:
    """Rows under common columns; alt: what a reader who does not see them should know."""

    title: str
    note: str
    alt: str
    columns: list[str]
    rows: list[PictureRow]


@dataclass(frozen=True)
class PictureSection:
    """A part of a report that needs the model.

    missing: a sentence on what is not there and how to get it.  summary: a few words for the first screen."""

    anchor: str
    title: str
    pictures: list[PictureTable] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    text: str = ""
    missing: str = ""
    summary: str = ""


def picture_sections(run: Run, progress: Callable[..., Any] | None = None) -> list[PictureSection]:
    """Traversals, Jacobian columns, reconstructions, KL divergences; what the run lacks is said, not raised.

    progress: wraps an iterable, as tqdm does."""
    from ...visualize.model import open_model

    sections = [("traversals", "Latent traversals", traversals), ("jacobian", "Jacobian columns", jacobian_columns),
                ("reconstructions", "Reconstructions", reconstructions), ("kl", "Active latents", divergences)]
    try:
        bindings = run.data_set_bindings
        model = open_model(run.representation or run.folder, data_set=_data_set(bindings), gin_bindings=tuple(bindings))
    except (UserError, OSError) as error:
        return [PictureSection("traversals", "Pictures", missing=str(error))]
    return [_drawn(anchor, title, draw, model) for anchor, title, draw in
            (progress(sections, unit="picture", desc=run.name, leave=False) if progress else sections)]


def traversals(model: Model) -> PictureSection:
    """One row per latent: it moves over the prior's range, or that of the data's codes where it is wider, while the
    others stay at those of an image, or at 0."""
    from ...visualize.traversals import traverse

    latents = by_divergence(model)
    start, where = _start(model)
    values = _traversal_values(model, latents)
    names, columns = latent_names(model, latents), [f"{value:+.1f}" for value in values[0]]
    moves = f"A row moves one latent from {-VALUE_RANGE:+.0f} to {VALUE_RANGE:+.0f} standard deviations of the prior"
    if (values != values[0]).any():
        names = [f"{name}, {row[0]:+.1f} to {row[-1]:+.1f}" for name, row in zip(names, values, strict=True)]
        columns = ["lowest", *[""] * (STEPS - 2), "highest"]
        moves += f", or further where {DATA_SHARE:.0%} of the codes of {NUM_CODES} images go further"
    images = traverse(model.decode, start, latents, values)
    table = picture_table("Traversals", images, names, columns, f"{moves}; the others stay {where}.",
                          f"{len(latents)} latents, {STEPS} decoded images each")
    return PictureSection("traversals", "Latent traversals", [table])


def jacobian_columns(model: Model) -> PictureSection:
    """What a small step of each latent changes in the decoded image (JL1-VAE, arXiv:2106.02923)."""
    from ...visualize.jacobian import coloured, jacobian_difference, jacobian_forward, starting_points
    from ...visualize.shared.drawing import as_rgb
    from ...visualize.shared.options import Options

    latents = by_divergence(model)
    images, codes = starting_points(model, Options(num_images=NUM_JACOBIANS, seed=SEED))
    decoder, method = model.differentiable_decoder, "forward-mode differentiation"
    if decoder is not None:
        columns = jacobian_forward(decoder, codes, latents)
    else:
        columns, method = jacobian_difference(model.decode, codes, columns=latents), "central finite differences"
    scale = float(np.quantile(np.abs(columns), BRIGHTEST)) or 1.0
    images = np.stack([as_rgb(images), as_rgb(model.decode(codes))], axis=1)
    strips = np.concatenate([images, coloured(columns, scale)], axis=1)
    table = picture_table("Columns of the decoder's Jacobian", strips, [f"image {i}" for i in range(len(strips))],
                          ["image", "decoded", *(f"z{latent}" for latent in latents)],
                          f"Change of each pixel's value per unit of a latent, by {method}: blue falls, red rises, "
                          f"full colour from {scale:.2g}.",
                          f"Derivatives of {len(strips)} decoded images by each latent")
    return PictureSection("jacobian", "Jacobian columns", [table])


def reconstructions(model: Model) -> PictureSection:
    """Images of the data set above what is left of them."""
    from ...visualize.reconstructions import reconstruct, squared_errors

    images = np.asarray(model.data.sample_observations(NUM_RECONSTRUCTIONS, np.random.RandomState(SEED)), np.float32)
    decoded = reconstruct(model.encode, model.decode, images)
    errors = squared_errors(images, decoded)
    table = picture_table("Reconstructions", np.stack([images, decoded]), ["image", "decoded"],
                          [f"{error:.2g}" for error in errors],
                          f"Above each its mean squared error a pixel; over all {errors.mean():.2g}.",
                          f"{len(images)} images of {model.data_set_title} and their reconstructions")
    return PictureSection("reconstructions", "Reconstructions", [table])


def divergences(model: Model) -> PictureSection:
    """KL divergence of each latent's posterior from the prior, and which are active."""
    active = model.kl >= ACTIVE_KL
    latents = [f"z{i}" for i in range(len(model.kl))]
    chart = bar_chart("KL divergence from the prior", latents, model.kl.tolist(), "latent", "KL divergence, nats",
                      active.tolist())
    names = ", ".join(f"z{i}" for i in np.flatnonzero(active)) or "none"
    count = f"{int(active.sum())} of {len(active)} latents are active"
    return PictureSection("kl", "Active latents", charts=[chart], summary=f"{count}.", text=(
        f"{count}, with at least {ACTIVE_KL} nats on average over "
        f"images of {model.data_set_title}: {names}. All latents together: {model.kl.sum():.2f} nats."))


def by_divergence(model: Model) -> np.ndarray:
    """Indices of the latents, largest KL divergence first where it is known."""
    divergence = model.kl_if_known
    return np.arange(model.num_latents) if divergence is None else np.argsort(-divergence, kind="stable")


def latent_names(model: Model, latents: np.ndarray) -> list[str]:
    """Names with the KL divergence where it is known."""
    divergence = model.kl_if_known
    return [f"z{i}" if divergence is None else f"z{i}: {divergence[i]:.2f} nats" for i in latents]


def picture_table(title: str, images: np.ndarray, rows: Sequence[str], columns: Sequence[str], note: str,
                  alt: str) -> PictureTable:
    """images: (num_rows, num_columns, H, W, C) in [0, 1]; C is 1 or 3.  Grey lines keep neighbours apart."""
    images = np.pad(images, ((0, 0), (0, 0), (0, 0), (1, 1), (0, 0)), constant_values=SEPARATOR)
    strips = [PictureRow(label, png_uri(np.concatenate(list(of_row), axis=1)), of_row.shape[2] * len(of_row),
                         of_row.shape[1]) for label, of_row in zip(rows, images, strict=True)]
    return PictureTable(title, note, alt, list(columns), strips)


def png_uri(image: np.ndarray) -> str:
    """An image (H, W, C) in [0, 1] as `data:image/png;base64,...`."""
    pixels = np.round(255 * np.clip(np.nan_to_num(image, nan=0.5), 0, 1)).astype(np.uint8)
    content = png_bytes(pixels[..., 0] if pixels.shape[-1] == 1 else pixels, optimize=True)
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")


def _traversal_values(model: Model, latents: np.ndarray) -> np.ndarray:
    """Values (num_latents, STEPS) of each latent in turn: over the prior's range, and as far as the data's codes go."""
    from ...visualize.traversals import absolute_values, data_values

    values = absolute_values(VALUE_RANGE, len(latents), STEPS)
    try:
        codes = model.encode(model.data.sample_observations(NUM_CODES, np.random.RandomState(SEED)))
    except UserError:
        return values
    of_data = data_values(DATA_SHARE, codes, STEPS)[latents]
    lowest, highest = np.minimum(values[:, 0], of_data[:, 0]), np.maximum(values[:, -1], of_data[:, -1])
    return np.linspace(lowest, highest, STEPS, axis=1)


def _start(model: Model) -> tuple[np.ndarray, str]:
    try:
        image = np.asarray(model.data.sample_observations(1, np.random.RandomState(SEED)), dtype=np.float32)
        return model.encode(image)[0], f"at those of an image of {model.data_set_title}"
    except UserError:
        return np.zeros(model.num_latents, dtype=np.float32), "at 0"


def _drawn(anchor: str, title: str, draw: Callable[[Model], PictureSection], model: Model) -> PictureSection:
    try:
        return draw(model)
    except UserError as error:
        return PictureSection(anchor, title, missing=str(error))


def _data_set(bindings: Sequence[str]) -> str | None:
    """The data set that bindings name; None where they leave it to the artifact."""
    named = config_values("\n".join(bindings)).get("dataset.name") or ("custom" if bindings else "")
    return unquoted(named) or None
