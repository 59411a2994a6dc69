"""Maps of codes: each computes what scikit-learn's `transform` computes, in float64, and can be undone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA, FastICA

from unbraid.common.errors import ConfigurationError, UserError
from unbraid.export.fitting import fit_ica, fit_pca_per_token, fit_whitening, read_linear_map

STATE = 3


@pytest.fixture
def latents() -> np.ndarray:
    """(2000, 6): mixed uniform sources, far from the origin."""
    random_state = np.random.RandomState(0)
    return random_state.uniform(-1, 1, size=(2000, 6)) @ random_state.normal(size=(6, 6)) + 50


def test_whitening_is_sklearns(latents: np.ndarray) -> None:
    affine = fit_whitening(latents)
    np.testing.assert_allclose(affine(latents), PCA(whiten=True, svd_solver="full").fit(latents).transform(latents),
                               rtol=0, atol=1e-9)
    np.testing.assert_allclose(np.cov(affine(latents), rowvar=False), np.eye(6), atol=1e-9)
    np.testing.assert_allclose(affine.back(affine(latents)), latents, rtol=1e-9)


@pytest.mark.parametrize("num_components", [None, 4])
def test_ica_is_sklearns(latents: np.ndarray, num_components: int | None) -> None:
    affine = fit_ica(latents, np.random.RandomState(STATE), num_components)
    theirs = FastICA(num_components, whiten="unit-variance", random_state=STATE, max_iter=1000).fit(latents)
    np.testing.assert_allclose(affine(latents), theirs.transform(latents), rtol=0, atol=1e-9)
    codes = affine(latents)
    np.testing.assert_allclose(affine.back(codes), theirs.inverse_transform(codes), rtol=1e-9)
    assert affine.description == {"name": "ica", "num_components": num_components or 6, "converged": True}


def test_ica_unmixes_what_was_mixed() -> None:
    sources = np.random.RandomState(1).uniform(-1, 1, size=(5000, 3))
    latents = sources @ np.array([[1, 0.5, 0], [0.3, 1, -1], [0, 0.2, 1]])
    codes = fit_ica(latents, np.random.RandomState(STATE))(latents)
    correlation = np.abs(np.corrcoef(codes, sources, rowvar=False)[:3, 3:])
    assert (correlation.max(axis=1) > 0.99).all()


def test_ica_that_does_not_converge_says_so(latents: np.ndarray, caplog: pytest.LogCaptureFixture) -> None:
    assert fit_ica(latents, np.random.RandomState(0), max_iterations=1).description["converged"] is False
    assert "ICA did not converge in 1 iterations" in caplog.text


@pytest.mark.parametrize("is_flat", [True, False])
@pytest.mark.parametrize("num_components", [1, 2])
def test_pca_per_token_is_sklearns(latents: np.ndarray, is_flat: bool, num_components: int) -> None:
    tokens = latents.reshape(2000, 2, 3)
    affine = fit_pca_per_token(latents if is_flat else tokens, 3 if is_flat else None, num_components)
    expected = [PCA(num_components, svd_solver="full").fit_transform(tokens[:, i]) for i in range(2)]
    np.testing.assert_allclose(affine(tokens), np.concatenate(expected, axis=1), rtol=0, atol=1e-9)
    assert affine.back(affine(tokens)).shape == (2000, 6)


def test_pca_of_whole_tokens_can_be_undone(latents: np.ndarray) -> None:
    affine = fit_pca_per_token(latents, 3, 3)
    np.testing.assert_allclose(affine.back(affine(latents)), latents, rtol=1e-9)


def test_a_linear_map_is_read(tmp_path: Path, latents: np.ndarray) -> None:
    matrix, offset = np.random.RandomState(0).normal(size=(6, 2)), np.array([1.0, 2.0])
    np.savez(tmp_path / "map.npz", matrix=matrix, offset=offset)
    np.testing.assert_allclose(read_linear_map(tmp_path / "map.npz")(latents), latents @ matrix + offset)
    np.savez(tmp_path / "map.npz", matrix=matrix)
    np.testing.assert_allclose(read_linear_map(tmp_path / "map.npz")(latents), latents @ matrix)


@pytest.mark.parametrize(("arrays", "message"), [
    ({"weights": np.eye(2)}, r"map\.npz is no linear map .*expected a file of numpy\.savez with matrix \(D, K\)"),
    ({"matrix": np.eye(2), "offset": np.ones(3)}, r"holds matrix \(2, 2\) and offset \(3,\)"),
    ({"matrix": np.full((2, 2), np.nan)}, "all numbers finite"),
    ({"matrix": np.array([object()])}, "is no linear map"),
])
def test_another_file_is_no_linear_map(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    np.savez(tmp_path / "map.npz", **arrays)
    with pytest.raises(UserError, match=message):
        read_linear_map(tmp_path / "map.npz")


def test_a_missing_map_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.npz is no linear map"):
        read_linear_map(tmp_path / "gone.npz")


@pytest.mark.parametrize(("token_size", "num_components", "message"), [
    (4, 1, r"token_size is 4, but the latents have shape \(N, 6\)"),
    (None, 1, "token_size is None"),
    (3, 4, "num_components is 4; expected 1 to 3"),
])
def test_tokens_must_fit(latents: np.ndarray, token_size: int | None, num_components: int, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        fit_pca_per_token(latents, token_size, num_components)


def test_directions_without_variance_are_refused(latents: np.ndarray) -> None:
    latents[:, 5] = latents[:, 0]
    with pytest.raises(UserError, match=r"whitened_representation wants 6 components, but the 6 latents vary in 5 "
                                        r"directions over 2000 images\. Bind .*num_components to at most 5"):
        fit_whitening(latents)
    assert fit_whitening(latents, 5)(latents).shape == (2000, 5)
    with pytest.raises(UserError, match="vary in 0 directions"):
        fit_ica(np.ones((10, 2)), np.random.RandomState(0))
