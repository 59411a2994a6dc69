"""Exported files and strangers' on a pretended card: the CPU's numbers, one transfer each way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from pretended_card import NAME, pretended_card
from trainings import CONFIGS, training

from unbraid.export import export_representation
from unbraid.export.errors import ArtifactError
from unbraid.export.formats import export_format, torchscript_format
from unbraid.training.running.checkpoint import load_model

KINDS = ("representation", "posterior", "decoder")
# Networks with a matrix exponential, with several pictures averaged, and plain ones.
EXPORTED = [path for path in CONFIGS if path.stem in (
    "beta_vae_dsprites_full", "gist_commutative_dsprites_full", "mipet_vae_dsprites_full", "jlonevae_three_dots")]


@pytest.fixture(scope="module", params=EXPORTED, ids=lambda path: path.stem)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export, in both of torch's formats, of a model whose checkpoint was written on the card."""
    root = tmp_path_factory.mktemp("card")
    with pretended_card(), training(request.param, device=NAME) as state:
        state.model_dir = root
        state.save()
        data = state.batches.data
    model = load_model(root)
    images = np.asarray(data.sample_observations(9, np.random.RandomState(0)))
    export_representation(model.encoder, root / "representation", images, decoder=model.decoder,
                          formats=["torchscript", "export"])
    return root / "representation"


def inputs(folder: Path, kind: str) -> np.ndarray:
    record = export_format.open(folder / f"{kind}.pt2", "cpu").record
    shape = (record.num_latents,) if kind == "decoder" else tuple(record.image_shape)
    return np.random.RandomState(0).rand(5, *shape).astype(np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_export_files(folder: Path, kind: str) -> None:
    values = inputs(folder, kind)
    expected = export_format.open(folder / f"{kind}.pt2", "cpu")(values)
    with pretended_card() as events:
        run = export_format.open(folder / f"{kind}.pt2", NAME)
        events.clear()
        found = run(values)
        assert sum(events.downloads.values()) == 1
        assert not events.uploads
        assert events.sent == 1
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_torchscript_files_name_no_device(folder: Path, kind: str) -> None:
    name = torchscript_format.representation_file if kind == "representation" else f"{kind}.pt"
    module = torch.jit.load(str(folder / name))
    torchscript_format._check_devices(module, "cuda", folder / name)


class Constants(torch.nn.Module):
    """What strangers' encoders hold: statistics of the input, and tensors made on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(16, 4)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        scaled = (images.flatten(1) - torch.tensor([0.5])) / torch.tensor([0.25])
        return self.layer(scaled) + torch.arange(4, dtype=torch.float32) + torch.zeros(images.shape[0], 4)


@pytest.fixture
def stranger() -> torch.nn.Module:
    return Constants().eval()


def test_a_strangers_export_file_moves_with_its_constants(stranger: torch.nn.Module, tmp_path: Path) -> None:
    images = torch.rand(3, 1, 4, 4)
    program = torch.export.export(stranger, (images,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    torch.export.save(program, str(tmp_path / "model.pt2"))
    with pretended_card():
        found = export_format.open(tmp_path / "model.pt2", NAME)(images.numpy())
    np.testing.assert_allclose(found, stranger(images).detach().numpy(), rtol=1e-5, atol=1e-6)


def test_a_traced_file_with_a_frozen_device_is_refused_in_one_sentence(stranger: torch.nn.Module,
                                                                       tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model.pt"
    torch.jit.save(torch.jit.trace(stranger, torch.rand(3, 1, 4, 4)), str(path))
    with pytest.raises(ArtifactError, match=r"was traced on cpu and makes tensors there.* cannot run on cuda\. Use"):
        torchscript_format._check_devices(torch.jit.load(str(path)), "cuda", path)
