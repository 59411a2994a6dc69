"""Images as points in the space of the three codes of largest KL divergence (CFASL's 3-D plots)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...common.checking.values import counted
from ...common.errors import UnknownNameError, UserError
from ...ground_truth.ground_truth_data import DataSet
from .kinds import kind
from .model import Model
from .shared.axes_charts import FONT_SIZE, new_figure
from .shared.drawing import Drawing
from .shared.kl import by_falling_kl
from .shared.options import Options

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_IN_LEGEND = 10  # values of a factor that colours tell apart; more get a colour bar


@kind("latents-3d")
def draw_latents_3d(model: Model, options: Options) -> Iterator[Drawing]:
    """Points coloured by a factor, other factors held fixed where that was asked for."""
    axes = three_codes(model, options)
    factors, images = sampled_points(model.data, options)
    codes = model.encode(images)[:, axes]
    labels = [f"z{code}" + ("" if options.codes else f" (KL {model.kl[code]:.2f} nats)") for code in axes]
    name, values = _colours(model.data, factors, options.color_by)
    fixed = f", {', '.join(options.fix)} fixed" if options.fix else ""
    title = f"{len(codes)} images of {model.data_set_name}{fixed}"
    figure = scatter_figure(codes, labels, title, name, values)
    yield Drawing("latents_3d", "images in the space of three codes", figure)


def three_codes(model: Model, options: Options) -> np.ndarray:
    """The three that were named, or those of largest KL divergence.  Raises UserError without three."""
    if model.num_latents < 3 or (options.codes is not None and len(options.codes) != 3):
        raise UserError(f"latents-3d needs three codes; --codes names {len(options.codes or ())} of the model's "
                        f"{model.num_latents}.")
    codes = options.chosen_codes(model.num_latents)
    return codes if options.codes is not None else by_falling_kl(model.kl, codes)[:3]


def sampled_points(data: DataSet, options: Options) -> tuple[np.ndarray | None, Any]:
    """Factors (n, num_factors), or None of a data set without, and images (n, H, W, C), which may be lazy.

    Factors of `options.fix` have one value."""
    random_state = options.random_state()
    if not len(data.factors_num_values):
        return None, data.sample_observations(options.num_points, random_state)
    factors = data.sample_factors(options.num_points, random_state)
    for setting in options.fix:
        name, _, value = setting.partition("=")
        index = _factor(data, name, "--fix")
        number, size = counted(value), data.factors_num_values[index]
        if value and (number is None or number >= size):
            raise UserError(f"--fix {setting}: expected FACTOR or FACTOR=NUMBER, a number up to {size - 1}, such as "
                            f"{name}=0.")
        factors[:, index] = factors[0, index] if number is None else number
    return factors, data.sample_observations_from_factors(factors, random_state)


def scatter_figure(codes: np.ndarray, labels: Sequence[str], title: str, name: str, values: np.ndarray) -> Figure:
    """Points (n, 3), coloured by `values` (n,) of the factor `name`; one colour where the name is empty."""
    figure = new_figure(6.5, 5.5)
    axes: Any = figure.add_subplot(projection="3d")
    for axis, label in zip("xyz", labels, strict=True):
        getattr(axes, f"set_{axis}label")(label, fontsize=FONT_SIZE)
    axes.tick_params(labelsize=FONT_SIZE - 1)
    axes.set_title(title, fontsize=FONT_SIZE + 1)
    distinct = np.unique(values)
    if not name:
        axes.scatter(*codes.T, s=8)
    elif len(distinct) <= MOST_IN_LEGEND:
        _scatter_by_value(axes, codes, name, values, distinct)
    else:
        bar = figure.colorbar(axes.scatter(*codes.T, c=values, s=8, cmap="viridis"), ax=axes, shrink=0.6, pad=0.12)
        bar.set_label(f"{name} (index of its value)", fontsize=FONT_SIZE)
    return figure


def _scatter_by_value(axes: Any, codes: np.ndarray, name: str, values: np.ndarray, distinct: np.ndarray) -> None:
    for value in distinct:
        axes.scatter(*codes[values == value].T, s=8, label=str(value))
    axes.legend(title=f"{name}\n(index of its value)", fontsize=FONT_SIZE, title_fontsize=FONT_SIZE, loc="center left",
                bbox_to_anchor=(1.08, 0.5))


def _colours(data: DataSet, factors: np.ndarray | None, color_by: str | None) -> tuple[str, np.ndarray]:
    if factors is None:
        if color_by:
            raise UserError(f"--color_by {color_by}: the data set has images only, no factors.")
        return "", np.zeros(0)
    index = 0 if color_by is None else _factor(data, color_by, "--color_by")
    return data.factor_names[index], factors[:, index]


def _factor(data: DataSet, name: str, flag: str) -> int:
    if name not in data.factor_names:
        raise UnknownNameError(f"factor in {flag}", name, data.factor_names)
    return list(data.factor_names).index(name)
