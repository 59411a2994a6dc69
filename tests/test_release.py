"""A release: the wheel that is built from the sdist works in an environment of its own, from another folder."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that no build folder is left in the tree."""
    folder = tmp_path_factory.mktemp("sdist")
    shutil.copytree(ROOT, folder / "source", ignore=shutil.ignore_patterns(".*", "runs", "build", "dist", "*.egg-info"))
    subprocess.run([sys.executable, "setup.py", "--quiet", "sdist", "--dist-dir", str(folder)], cwd=folder / "source",
                   check=True)
    return next(folder.glob("unbraid-*.tar.gz"))


def test_the_sdist_holds_what_a_build_needs_and_no_tests(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {path.relative_to(ROOT).as_posix() for pattern in ("gin_configs/**/*.gin", "**/templates/*", "**/*.bib")
              for path in ROOT.glob(pattern) if not path.relative_to(ROOT).parts[0].startswith((".", "build"))}
    assert wanted | {"setup.py", "pyproject.toml", "README.md", "LICENSE", "CITATION.cff", "py.typed"} <= names
    assert not [name for name in names if name.startswith(("tests", "scripts", "benchmarks"))]


def test_the_readme_has_no_links_that_an_index_lacks(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        name = next(name for name in archive.getnames() if name.endswith("unbraid.egg-info/PKG-INFO"))
        info = archive.extractfile(name)
        assert info is not None
        text = info.read().decode()
    assert "Author: The unbraid authors" in text
    assert "Project-URL: " in text
    assert "docs/metrics.md (" not in text
    assert not re.findall(r"\]\((?!https?://)[^)]*\)", text)


def test_the_citation_names_this_version() -> None:
    from unbraid import __version__

    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text()


@pytest.mark.slow
def test_the_wheel_works_in_a_fresh_environment(sdist: Path, tmp_path: Path) -> None:
    """The libraries are those of this environment; unbraid is the wheel's."""
    subprocess.run([*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path),
                    str(sdist)], check=True)
    fresh = tmp_path / "fresh"
    venv.create(fresh, symlinks=True)
    packages = next((fresh / "lib").glob("python3*/site-packages"))
    (packages / "libraries.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    subprocess.run([*PIP, "--python", str(fresh / "bin" / "python"), "install", "--quiet", "--no-deps",
                    "--ignore-installed", str(next(tmp_path.glob("*.whl")))], check=True)
    done = subprocess.run(["bash", str(ROOT / "scripts" / "check_installation.sh"), str(fresh)], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "@inproceedings{higgins2017beta," in done.stdout
