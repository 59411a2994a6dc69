"""A small exported model, and copies of it that lack a part."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from unbraid.evaluation.visualize.model import Model, open_model


@pytest.fixture(scope="module")
def model(exported: Path) -> Model:
    """Four codes, three-dots, every format, with decoder and posterior."""
    return open_model(exported)


@pytest.fixture
def copied(exported: Path, tmp_path: Path) -> Callable[..., Path]:
    """A copy of the export in a run's folder, without the files that match the patterns."""

    def copy(*without: str) -> Path:
        folder = tmp_path / "run" / "representation"
        shutil.copytree(exported, folder, ignore=shutil.ignore_patterns("visualizations", *without))
        return folder.parent

    return copy
