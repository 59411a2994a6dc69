"""Post-processing inside the exported graphs, from gin and from Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA, FastICA

from unbraid.common.errors import ConfigurationError, UserError
from unbraid.export import export_representation, load_posterior, load_representation
from unbraid.export.fitting import fit_pca_per_token, fit_whitening
from unbraid.export.formats import FORMAT_NAMES, get_formats
from unbraid.export.postprocessing.representations import postprocessing_of
from unbraid.export.writing.graphs import latents_of
from unbraid.ground_truth.sets.three_dots import ThreeDots

POINTS = "ica_representation.num_points = 200"


def test_the_map_is_inside_every_file(tmp_path: Path, encoder: torch.nn.Module, decoder: torch.nn.Module,
                                      images: np.ndarray) -> None:
    latents = latents_of(encoder, images)
    affine = fit_whitening(latents, 3)
    record = export_representation(encoder, tmp_path / "out", images, decoder=decoder, postprocessing=affine)
    assert (record.num_latents, record.postprocessing) == (3, {"name": "whitening", "num_components": 3})
    expected = PCA(3, whiten=True, svd_solver="full").fit(latents.astype(np.float64)).transform(latents)
    for backend in FORMAT_NAMES:
        codes = load_representation(tmp_path / "out", backend)(images)
        np.testing.assert_allclose(codes, expected, atol=1e-4)
        posterior = load_posterior(tmp_path / "out", backend)
        assert posterior.record.num_latents == 4
        np.testing.assert_allclose(posterior(images)[0], latents, atol=1e-5)
        runner = get_formats([backend])[backend].open(tmp_path / "out" / get_formats()[backend].decoder_file, "cpu")
        assert runner.record is not None
        assert runner.record.num_latents == 3
        with torch.no_grad():
            pictures = decoder(torch.from_numpy(affine.back(codes)).float())
        np.testing.assert_allclose(runner(codes), pictures, atol=1e-5)


def test_vectors_become_numbers(tmp_path: Path, images: np.ndarray) -> None:
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4096, 6), torch.nn.Unflatten(1, (2, 3)))
    affine = fit_pca_per_token(latents_of(module, images))
    back = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(6, 4096), torch.nn.Unflatten(1, (1, 64, 64)))
    export_representation(module, tmp_path / "out", images, postprocessing=affine, decoder=back, formats=["onnx"])
    codes = load_representation(tmp_path / "out")(images)
    tokens = latents_of(module, images).astype(np.float64)
    for i in range(2):
        expected = PCA(1, svd_solver="full").fit_transform(tokens[:, i])[:, 0]
        np.testing.assert_allclose(codes[:, i], expected, atol=1e-4)


def test_a_map_of_other_codes_is_named(tmp_path: Path, encoder: torch.nn.Module, images: np.ndarray) -> None:
    affine = fit_whitening(np.random.RandomState(0).normal(size=(50, 3)))
    with pytest.raises(UserError, match=r"post-processing \(whitening\) takes 3 latents, but the model gives 4"):
        export_representation(encoder, tmp_path / "out", images, postprocessing=affine)


@pytest.fixture
def encode(encoder: torch.nn.Module) -> Any:
    return lambda observations: latents_of(encoder, observations)


def test_gin_names_the_map_and_its_images(encode: Any) -> None:
    postprocessing = postprocessing_of(None, ["export/ica"], [POINTS, "postprocess.random_seed = 5"])
    assert postprocessing is not None
    affine = postprocessing.fitted(encode, ThreeDots(), "threeDots")
    assert affine is not None
    random_state = np.random.RandomState(5)
    latents = encode(ThreeDots().sample_observations(200, random_state)).astype(np.float64)
    theirs = FastICA(whiten="unit-variance", random_state=random_state, max_iter=1000).fit(latents)
    np.testing.assert_allclose(affine(latents), theirs.transform(latents), atol=1e-9)
    assert affine.description == {"name": "ica", "num_components": 4, "converged": theirs.n_iter_ < 1000,
                                  "num_points": 200, "random_seed": 5, "data_set": "threeDots"}


@pytest.mark.parametrize(("name", "binding", "width"), [
    ("pca", "pca_representation.token_size = 2", 2), ("whitened", "whitened_representation.num_components = 3", 3)])
def test_every_config_fits(encode: Any, name: str, binding: str, width: int) -> None:
    bindings = [f"{name}_representation.num_points = 100", binding]
    postprocessing = postprocessing_of(None, [f"export/{name}"], bindings)
    assert postprocessing is not None
    affine = postprocessing.fitted(encode, ThreeDots(), "threeDots")
    assert affine is not None
    assert len(affine.offset) == width


def test_a_linear_map_needs_no_images(tmp_path: Path, encode: Any) -> None:
    np.savez(tmp_path / "map.npz", matrix=np.ones((4, 1)))
    postprocessing = postprocessing_of(None, ["export/linear"], [f"linear_representation.path = '{tmp_path}/map.npz'"])
    assert postprocessing is not None
    affine = postprocessing.fitted(encode, None, None)
    assert affine is not None
    assert affine.description == {"name": "linear", "file": "map.npz"}


def test_plain_statistics_fit_nothing(encode: Any) -> None:
    assert postprocessing_of(None) is None
    for given in (postprocessing_of("sample"), postprocessing_of(None, ["export/sampled"])):
        assert given is not None
        assert given.recipe.statistic == "sample"
        assert given.fitted(encode, None, None) is None


def test_what_does_not_fit_together_is_named(encode: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"representation=sample and postprocess\.postprocess_fn both say"):
        postprocessing_of("sample", ["export/ica"])
    postprocessing = postprocessing_of(None, ["export/ica"])
    assert postprocessing is not None
    with pytest.raises(UserError, match="is fitted on images; name their data set with data_set=NAME"):
        postprocessing.fitted(encode, None, None)
