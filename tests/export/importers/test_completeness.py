"""Whatever is registered is tested and documented."""

from __future__ import annotations

from pathlib import Path

from unbraid.export.importers.registry import sources

ROOT = Path(__file__).resolve().parents[3]


def test_every_source_has_a_test_and_a_row() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    manual = (ROOT / "docs" / "checkpoints.md").read_text()
    for name in sources():
        assert f'"{name}"' in tests, name
        assert f"`{name}`" in manual, name


def test_every_source_names_its_project() -> None:
    assert all("/" in sources()[name].project for name in sources())
