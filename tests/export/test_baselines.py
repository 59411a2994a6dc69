"""PCA and ICA of pixels as exported models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA

from unbraid.export import load_decoder, load_representation
from unbraid.export.__main__ import main
from unbraid.export.baselines import export_pixel_baseline, fit_pixels
from unbraid.ground_truth.registry import data_sets

DATA_SET, NUM_POINTS = "threeDots", 300


def images(num: int, seed: int) -> np.ndarray:
    return np.asarray(data_sets()[DATA_SET]().sample_observations(num, np.random.RandomState(seed)), dtype=np.float32)


@pytest.mark.parametrize("kind", ["pca", "ica"])
def test_codes_are_those_of_the_fitted_map_and_decode(kind: str, tmp_path: Path) -> None:
    record = export_pixel_baseline(kind, DATA_SET, tmp_path / kind, num_latents=4, num_points=NUM_POINTS)
    assert (record.num_latents, record.method, record.data_set) == (4, f"{kind} of pixels", DATA_SET)
    fitted_on = images(NUM_POINTS, 0)
    codes = load_representation(tmp_path / kind)(fitted_on)
    np.testing.assert_allclose(codes.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(codes.var(axis=0, ddof=1), 1, rtol=1e-2)
    np.testing.assert_allclose(np.cov(codes.T), np.eye(4), atol=1e-2)
    decoded = load_decoder(tmp_path / kind)(codes)
    best = PCA(4, svd_solver="full").fit(flat := fitted_on.reshape(NUM_POINTS, -1))  # no 4 linear codes do better
    expected = best.inverse_transform(best.transform(flat)).reshape(decoded.shape).clip(0, 1)
    np.testing.assert_allclose(decoded, expected, atol=2e-3)


def test_principal_components_are_scikit_learns() -> None:
    pixels = images(200, 1).reshape(200, -1)
    ours = fit_pixels("pca", pixels, 3, np.random.RandomState(0))(pixels)
    theirs = PCA(3, whiten=True, svd_solver="full").fit_transform(pixels.astype(np.float64))
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("arguments", "message"), [
    (["--baseline", "pca"], "--baseline needs --data_set"),
    (["--baseline", "pca", "--data_set", DATA_SET, "--num_latents", "5000"],
     "The baseline wants 5000 latents of 10000 images with 4096 pixels; expected 1 to 4095."),
    (["--baseline", "pca", "--data_set", "threeDot"], "Did you mean threeDots")])
def test_what_cannot_be_fitted(arguments: list[str], message: str, tmp_path: Path, capsys) -> None:
    assert main([*arguments, "--output_dir", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
