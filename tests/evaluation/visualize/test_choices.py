"""What is drawn: images by place, by factors and by chance; codes by number, divergence and norm; single files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.linalg import expm

from unbraid.common.errors import UserError
from unbraid.evaluation.visualize.interventions import interventions_figure
from unbraid.evaluation.visualize.jacobian import column_norms, draw_jacobian, jacobian_forward, starting_points
from unbraid.evaluation.visualize.latents_3d import sampled_points
from unbraid.evaluation.visualize.model import Model
from unbraid.evaluation.visualize.shared.images import chosen_images, fixed_factors, images_at
from unbraid.evaluation.visualize.shared.options import Options
from unbraid.evaluation.visualize.shared.saving import save
from unbraid.evaluation.visualize.symmetry_chains import chain, draw_factor_chains
from unbraid.ground_truth.registry import data_sets


@pytest.fixture(scope="module")
def data():
    return data_sets()["dsprites_full"]()


def test_given_images_lead_the_drawn_ones(data) -> None:
    images = chosen_images(data, Options(image_indices=[5, 9], num_images=4), 1)
    np.testing.assert_array_equal(images[:2], images_at(data, [5, 9]))
    np.testing.assert_array_equal(images[2:], chosen_images(data, Options(num_images=2), 1))
    np.testing.assert_array_equal(chosen_images(data, Options(image_indices=[5, 9]), 1), images[:2])


def test_images_by_factors(data) -> None:
    names = list(data.factor_names)
    images = chosen_images(data, Options(factors="position_x=31, position_y=0", num_images=5), 1)
    row, column = (np.array([np.argwhere(image[..., 0] > 0).mean(axis=0)[axis] for image in images]) for axis in (0, 1))
    assert "position_x" in names
    assert (column > 40).all()  # at the right
    assert (row < 24).all()  # at the top


@pytest.mark.parametrize(("text", "message"), [
    ("position_x", r"--factors 'position_x' cannot be read at 'position_x'; expected NAME=VALUE"),
    ("position_x=a", "cannot be read at 'position_x=a'"),
    ("position_x=²", "cannot be read at"),
    ("position_z=1", "Unknown factor 'position_z'. Did you mean"),
    ("position_x=32", "position_x is 32; expected 0 to 31")])
def test_factors_that_do_not_exist(data, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        fixed_factors(data, text)


def test_columns_by_falling_norm(model: Model) -> None:
    options = Options(sort="norm", top_codes=2, method="forward", num_images=3)
    _, codes = starting_points(model, options)
    norms = column_norms(jacobian_forward(model.differentiable_decoder, codes)).mean(axis=0)
    (drawing,) = draw_jacobian(model, options)
    shown = [label.get_text() for label in drawing.figure.axes[0].get_xticklabels()]
    assert shown == ["image", "decoded", *(f"d/dz{code}" for code in np.argsort(-norms)[:2])]


def test_each_column_as_a_file_of_image_size(model: Model, tmp_path: Path) -> None:
    options = Options(single_files=True, method="difference", num_images=2, codes=[0, 3])
    paths = [save(drawing, tmp_path) for drawing in draw_jacobian(model, options)]
    assert [path.name for path in paths] == [f"jacobian_difference_{image}_z{code}.png" for image in (0, 1)
                                             for code in (0, 3)]
    assert {Image.open(path).size for path in paths} == {(64, 64)}


def test_a_chain_is_the_power_of_the_exponential() -> None:
    random_state = np.random.RandomState(0)
    code, generator = random_state.normal(size=3), random_state.normal(size=(3, 3))
    steps = chain(code, generator, 4)
    np.testing.assert_allclose(steps[0], code, rtol=1e-6)
    np.testing.assert_allclose(steps[4], code @ expm(4 * generator), rtol=1e-4)


def test_chains_are_drawn_for_each_factor_that_varies(model: Model) -> None:
    identity = np.zeros((model.num_latents, model.num_latents))
    (drawing,) = draw_factor_chains(model, Options(), lambda first, second: identity)
    names = [label.get_text() for label in drawing.figure.axes[0].get_yticklabels()]
    assert names == [text for name in model.data.factor_names for text in (name, "chain")]


def test_more_images_than_a_picture_holds_are_refused_before_they_are_made(data) -> None:
    with pytest.raises(UserError, match="A picture of 100,000 images of 64 x 64 pixels is too large"):
        chosen_images(data, Options(num_images=100_000), 1)


@pytest.mark.parametrize("value", ["²", "9" * 5000, "-1", "32"])
def test_values_of_fixed_factors_are_numbers_that_there_are(data, value: str) -> None:
    with pytest.raises(UserError, match="a number up to 31"):
        sampled_points(data, Options(fix=[f"position_x={value}"]))


def test_a_code_is_drawn_as_a_function_of_each_factor() -> None:
    """z4 is the first factor with noise, z7 the second: lines of the others are flat."""
    factors = np.stack(np.meshgrid(np.arange(4), np.arange(3), indexing="ij"), axis=-1).reshape(-1, 2).repeat(5, axis=0)
    noise = np.tile([-0.2, -0.1, 0, 0.1, 0.7], 12)
    figure = interventions_figure(np.stack([factors[:, 0] + noise, 10.0 * factors[:, 1]], axis=1), factors, [4, 7],
                                  ["shape", "size"], "60 images")
    cells = np.reshape(figure.axes, (2, 2))
    mean, median = cells[0, 0].lines
    np.testing.assert_allclose(mean.get_xydata(), np.stack([np.arange(4), np.arange(4) + 0.1], axis=1))
    np.testing.assert_allclose(median.get_ydata(), np.arange(4))
    assert [np.ptp(line.get_ydata()) for line in cells[0, 1].lines] == pytest.approx([0] * 4)
    assert [line.get_ydata()[0] for line in cells[1, 0].lines] == pytest.approx([0, 10, 20])
    assert cells[1, 1].get_title() == "parent, IRS 1.00"
    assert [axes.get_ylabel() for axes in cells[:, 0]] == ["mean of z4", "mean of z7"]
