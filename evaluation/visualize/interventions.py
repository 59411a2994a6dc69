"""Codes against factors that are set one by one: disentanglement_lib's picture of interventional robustness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...common.errors import UserError
from ...metrics.scores.irs import interventional_robustness
from .kinds import kind
from .latents_3d import sampled_points
from .model import Model
from .shared.axes_charts import FONT_SIZE, new_figure
from .shared.drawing import Drawing
from .shared.options import Options

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELL = 1.5  # inches
NUM_IMAGES = 10_000  # as there
MOST_LINES = 10  # values of the parent that get a line each; of more, evenly chosen ones


@kind("interventions")
def draw_interventions(model: Model, options: Options) -> Iterator[Drawing]:
    """A row for each code that varies, a column for each factor."""
    num = NUM_IMAGES if options.num_images is None else options.num_images
    factors, images = sampled_points(model.data, replace(options, num_points=num))
    if factors is None:
        raise UserError(f"interventions needs factors, and {model.data_set_name} has images only.")
    codes = model.encode(images)
    chosen = [code for code in options.chosen_codes(model.num_latents) if codes[:, code].var() > 0]
    if not chosen:
        raise UserError("interventions needs a code that varies; every code is the same for all images.")
    title = f"{len(codes)} images of {model.data_set_title}"
    yield Drawing("interventions", "codes as a function of factors",
                  interventions_figure(codes[:, chosen], factors, chosen, model.data.factor_names, title))


def interventions_figure(codes: np.ndarray, factors: np.ndarray, numbers: list[int], names: Sequence[str],
                         title: str) -> Figure:
    """Means of codes (n, D) by values of factors (n, F); numbers: which codes they are, names: of the factors.

    In the column of a code's parent, the factor that it stays put with: mean, median and one standard deviation.  In
    the others: a line for each value of the parent; where they are flat, the code ignores that factor."""
    robustness = interventional_robustness(codes, factors)
    figure = new_figure(1 + CELL * factors.shape[1], 0.8 + CELL * len(numbers), dpi=120)
    grid = figure.subplots(len(numbers), factors.shape[1], sharex="col", sharey="row", squeeze=False)
    for row, parent in enumerate(robustness.parents):
        for column, name in enumerate(names):
            axes = grid[row, column]
            axes.tick_params(labelsize=FONT_SIZE - 2)
            if column == parent:
                _spread(axes, codes[:, row], factors[:, column])
                axes.set_title(f"parent, IRS {robustness.per_code[row]:.2f}", fontsize=FONT_SIZE)
            else:
                _by_parent(axes, codes[:, row], factors[:, column], factors[:, parent])
            if row == len(numbers) - 1:
                axes.set_xlabel(name, fontsize=FONT_SIZE)
        grid[row, 0].set_ylabel(f"mean of z{numbers[row]}", fontsize=FONT_SIZE)
    figure.suptitle(title, fontsize=FONT_SIZE + 1)
    return figure


def means_by_value(code: np.ndarray, values: np.ndarray, statistic: Any = np.mean) -> tuple[np.ndarray, np.ndarray]:
    """The distinct values (k,), and a statistic (k,) of the code where the factor has each of them."""
    distinct = np.unique(values)
    return distinct, np.array([statistic(code[values == value]) for value in distinct])


def _spread(axes: Axes, code: np.ndarray, values: np.ndarray) -> None:
    distinct, means = means_by_value(code, values)
    deviations, medians = (means_by_value(code, values, statistic)[1] for statistic in (np.std, np.median))
    axes.plot(distinct, means, label="mean")
    axes.plot(distinct, medians, label="median")
    axes.fill_between(distinct, means - deviations, means + deviations, alpha=0.2)
    axes.legend(fontsize=FONT_SIZE - 2)


def _by_parent(axes: Axes, code: np.ndarray, values: np.ndarray, parent: np.ndarray) -> None:
    held = np.unique(parent)
    held = held[np.unique(np.linspace(0, len(held) - 1, min(len(held), MOST_LINES)).astype(int))]
    for number, value in enumerate(held):
        here = parent == value
        axes.plot(*means_by_value(code[here], values[here]), ".-", linewidth=0.8, markersize=2,
                  color=(0.2, 0.3 + 0.5 * number / len(held), 0.9 - 0.7 * number / len(held)))
