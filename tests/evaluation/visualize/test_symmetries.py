"""Group elements: written beside an export, read back, and doing what training's own layer does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from unbraid.evaluation.visualize.lie_algebra import commutator_norms, draw_lie_algebra, matrix_picture
from unbraid.evaluation.visualize.model import MissingPartError, Model, open_model
from unbraid.evaluation.visualize.shared.options import Options
from unbraid.evaluation.visualize.symmetries import composed, draw_symmetries, moved_codes, movements, selected
from unbraid.export.errors import ArtifactError
from unbraid.export.files.symmetries import (
    FILE_NAME,
    Selector,
    Symmetries,
    cfasl_symmetries,
    load_symmetries,
    save_symmetries,
    with_bases,
)
from unbraid.export.importers.own_symmetries import own_symmetries
from unbraid.training.architectures.registry import build
from unbraid.training.losses.group_symmetries import GroupSymmetries
from unbraid.training.posterior import Posterior
from unbraid.training.running.checkpoint import ImageDecoder, write_checkpoint

LATENTS, GENERATORS = 4, 3


@pytest.fixture
def layer() -> GroupSymmetries:
    torch.manual_seed(0)
    return GroupSymmetries(LATENTS, GENERATORS, codebook_std=0.3)


@pytest.fixture
def symmetries(layer: GroupSymmetries) -> Symmetries:
    tensors = {f"symmetries.{name}": tensor.detach() for name, tensor in layer.state_dict().items()}
    return cfasl_symmetries(tensors, "symmetries.codebook", "symmetries.selector", "logvar")


@pytest.fixture
def posteriors() -> list[tuple[np.ndarray, np.ndarray]]:
    """Mean and log-variance of the first and of the second images."""
    random_state = np.random.RandomState(0)
    return [(random_state.normal(size=(5, LATENTS)).astype(np.float32),
             random_state.normal(size=(5, LATENTS)).astype(np.float32)) for _ in range(2)]


def test_codes_move_by_the_exponential(layer: GroupSymmetries, symmetries: Symmetries) -> None:
    codes = torch.randn(6, LATENTS)
    with torch.no_grad():
        differences = layer.differences(codes).permute(2, 0, 1, 3).numpy()
    assert symmetries.codebook is not None
    moved = moved_codes(codes.numpy(), symmetries.codebook)
    np.testing.assert_allclose(codes.numpy()[:, None, None] - moved, differences, atol=1e-5)
    np.testing.assert_allclose(movements(codes.numpy(), symmetries.codebook), np.abs(differences).mean(axis=0),
                               atol=1e-5)


@pytest.mark.parametrize("std2", ["logvar", "mean"])
def test_the_selector_chooses_what_training_chooses(layer: GroupSymmetries, symmetries: Symmetries,
                                                    posteriors: list[tuple[np.ndarray, np.ndarray]], std2: str) -> None:
    assert symmetries.codebook is not None
    assert symmetries.selector is not None
    selector = Selector(symmetries.selector.weight, symmetries.selector.bias, std2)
    switches, weights = selected(selector, posteriors[0], posteriors[1], LATENTS)
    both = [torch.from_numpy(np.concatenate(parts)) for parts in zip(*posteriors, strict=True)]
    with torch.no_grad():
        logits, selection = layer.select(Posterior(*both), std2 == "mean")
        hard = logits.argmax(dim=2).float()
        forward, _ = layer.actions(hard, selection)
    assert 0 < switches.mean() < 1
    np.testing.assert_array_equal(switches, hard.numpy())
    np.testing.assert_allclose(weights, selection.numpy(), atol=1e-6)
    steps = composed(switches, weights, symmetries.codebook)
    np.testing.assert_allclose(torch.matrix_exp(torch.from_numpy(steps[:, -1])), forward, atol=1e-5)


def test_commutators_of_rotations_and_of_diagonal_matrices() -> None:
    x = np.array([[0, 0, 0], [0, 0, -1], [0, 1, 0.0]])
    y = np.array([[0, 0, 1], [0, 0, 0], [-1, 0, 0.0]])
    norms = commutator_norms(np.stack([x, y, np.diag([1, 2, 3.0]), np.diag([3, 0, 1.0]), np.zeros((3, 3))]))
    assert norms[0, 1] == pytest.approx(1 / np.sqrt(2))  # [X, Y] = Z, and each has the norm sqrt 2
    assert norms[2, 3] == 0
    assert not norms[4].any()
    np.testing.assert_allclose(norms, norms.T)


def test_a_matrix_is_shown_entry_by_entry() -> None:
    picture = matrix_picture(np.array([[1.0, 0], [0, -1]]), 6, 4)
    assert picture.shape == (6, 4, 3)
    assert (picture[:3, :2] == picture[0, 0]).all()
    assert picture[0, 0, 0] > picture[0, 0, 2]  # red above zero
    assert picture[5, 3, 2] > picture[5, 3, 0]  # blue below


def test_files_say_again_what_was_saved(symmetries: Symmetries, tmp_path: Path) -> None:
    bases = {"decoder.algebra.bases.1": np.ones((1, 2, 2)), "decoder.algebra.bases.0": np.ones((2, 3, 3)), "x": 0}
    full = with_bases(symmetries, bases)
    save_symmetries(tmp_path, full)
    loaded = load_symmetries(tmp_path)
    np.testing.assert_array_equal(loaded.codebook, full.codebook)  # type: ignore[arg-type]
    assert loaded.codebook.shape == (LATENTS, GENERATORS, LATENTS, LATENTS)  # type: ignore[union-attr]
    assert [basis.shape for basis in loaded.bases] == [(2, 3, 3), (1, 2, 2)]
    assert loaded.selector is not None
    assert loaded.selector.std2 == "logvar"
    np.testing.assert_array_equal(loaded.selector.weight, full.selector.weight)  # type: ignore[union-attr]


def test_without_symmetries_there_is_no_file(tmp_path: Path) -> None:
    save_symmetries(tmp_path, Symmetries())
    assert not (tmp_path / FILE_NAME).exists()
    assert not load_symmetries(tmp_path)


@pytest.mark.parametrize(("arrays", "message"), [
    ({"codebook": np.zeros((4, 3, 4, 5))}, r"codebook has shape \(4, 3, 4, 5\), expected \(D, K, D, D\)"),
    ({"codebook": np.zeros((4, 3, 4, 4)), "selector_weight": np.zeros((2, 2)), "selector_bias": np.zeros(2),
      "selector_std2": np.array("mean")}, r"selector_weight has shape \(2, 2\), expected \(20, 16\)"),
    ({"basis_0": np.zeros((2, 3))}, r"basis_0.* shape \(2, 3\); expected an array of numbers with 3 axes"),
    ({"basis_1": np.zeros((2, 3, 3))}, "cannot be read as symmetries"),
    ({"codebook": np.array([{"a": 1}], dtype=object)}, "cannot be read as symmetries"),  # would be a pickle
])
def test_other_arrays_are_refused(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    np.savez(tmp_path / FILE_NAME, **arrays)  # type: ignore[arg-type]
    with pytest.raises(ArtifactError, match=message):
        load_symmetries(tmp_path)


def test_a_cut_file_is_refused(symmetries: Symmetries, tmp_path: Path) -> None:
    save_symmetries(tmp_path, symmetries)
    path = tmp_path / FILE_NAME
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ArtifactError, match=r"npz cannot be read as symmetries: .* Export the model again\."):
        load_symmetries(tmp_path)


def test_a_model_without_symmetries_says_who_has_them(model: Model) -> None:
    with pytest.raises(MissingPartError, match=r"no symmetries\.npz: only CFASL and Lie group VAEs learn"):
        list(draw_symmetries(model, Options()))


def test_a_codebook_is_drawn_with_pairs_that_differ_in_one_factor(exported: Path, tmp_path: Path,
                                                                  symmetries: Symmetries) -> None:
    for file in exported.iterdir():
        if file.is_file():
            (tmp_path / file.name).symlink_to(file)
    save_symmetries(tmp_path, symmetries)
    drawings = list(draw_symmetries(open_model(tmp_path), Options()))
    assert [drawing.name for drawing in drawings] == ["symmetries_codebook", "symmetries_movement", "symmetries_pairs",
                                                     "symmetries_chains"]
    names = [label.get_text() for label in drawings[2].figure.axes[0].get_yticklabels()]  # type: ignore[union-attr]
    assert len(names) == 6  # a pair for each factor of three-dots
    assert all(" to " in name for name in names)


def test_a_lie_algebra_has_a_matrix_and_a_row_for_each_code(model: Model) -> None:
    bases = [np.ones((3, 5, 5)), np.ones((1, 2, 2))]
    drawings = list(draw_lie_algebra(model, bases, Options(steps=3)))
    assert [drawing.name for drawing in drawings] == ["symmetries_lie_algebra", "symmetries_commutators_0"]
    assert "z3  norm 2" in [label.get_text() for label in drawings[0].figure.axes[0].get_yticklabels()]  # type: ignore


def test_a_checkpoint_of_ours_gives_codebook_and_bases(symmetries: Symmetries, layer: GroupSymmetries,
                                                       tmp_path: Path) -> None:
    objective = {f"symmetries.{name}": tensor for name, tensor in layer.state_dict().items()}
    write_checkpoint(tmp_path, {
        "step": 1, "method": "cfasl", "data_set": "threeDots", "image_shape": (1, 64, 64), "num_latent": LATENTS,
        "activation": "logits", "networks": {}, "objective": objective, "gin_config": "cfasl.std2 = 'mean'\n"})
    decoder = build({"name": "lie_conv_decoder", "arguments": {"image_shape": [1, 64, 64], "num_latent": LATENTS}})
    found = own_symmetries(tmp_path, ImageDecoder(decoder, "logits"))
    np.testing.assert_array_equal(found.codebook, symmetries.codebook)  # type: ignore[arg-type]
    assert found.selector is not None
    assert found.selector.std2 == "mean"
    np.testing.assert_array_equal(found.bases[0], decoder.algebra.bases[0].detach())  # type: ignore[union-attr,index]
