"""Scores on a user's own table of factors: an incomplete grid, continuous factors, few rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from unbraid.evaluation.__main__ import main

BINDINGS = ["dataset.name = 'custom'", "mig.num_train = 200", "irs.num_train = 200"]
SIZES = (4, 3, 5)


class Mean(torch.nn.Module):
    """Images (n, 1, 8, 8) to two codes (n, 2)."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return 100 * torch.stack([images[:, 0, :4].mean((1, 2)), images[:, 0, 4:].mean((1, 2))], dim=1)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("encoder") / "encoder.pt"
    torch.jit.save(torch.jit.trace(Mean().eval(), torch.zeros(2, 1, 8, 8)), str(path))
    return path


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., str]:
    """Writes own data and returns the binding that names it."""

    def write(factors: np.ndarray, **arrays: Any) -> str:
        images = np.random.RandomState(0).uniform(size=(len(factors), 8, 8, 1)).astype(np.float32)
        np.savez(tmp_path / "own.npz", images=images, factors=factors, **arrays)
        return f"custom_data.path = '{tmp_path / 'own.npz'}'"

    return write


def incomplete() -> np.ndarray:
    factors = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
    return np.delete(factors, [3, 17, 40, 41, 42], axis=0)


def run(encoder: Path, output: Path, binding: str, *metrics: str) -> int:
    return main(["--model_dir", str(encoder), "--output_dir", str(output), "--gin_config", *metrics,
                 "--gin_bindings", *BINDINGS, binding])


def results(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "results" / "json" / "evaluation_results.json").read_text())


def test_of_an_incomplete_grid_what_can_be_scored_is(encoder: Path, table: Callable[..., str], tmp_path: Path,
                                                     capsys: pytest.CaptureFixture[str]) -> None:
    names = ["factor_vae_metric", "mig", "beta_vae_sklearn", "irs"]
    assert run(encoder, tmp_path / "out", table(incomplete()), *names) == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["irs", "mig"]
    printed = capsys.readouterr()
    assert "Not scored: factor_vae_metric" in printed.err
    assert "beta_vae_sklearn. " in printed.err
    assert printed.err.count("need a full grid") >= 1
    assert "mig" in printed.out


def test_where_nothing_can_be_scored_there_is_one_sentence(encoder: Path, table: Callable[..., str], tmp_path: Path,
                                                           capsys: pytest.CaptureFixture[str]) -> None:
    assert run(encoder, tmp_path / "out", table(incomplete()), "factor_vae_metric", "beta_vae_sklearn") == 2
    assert "need a full grid" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
