"""The table in docs/versions.md: a row for each environment that scripts/test_versions.sh tested."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

LIBRARIES = ("numpy", "scipy", "scikit-learn", "numba", "torch", "onnx", "onnxruntime")
HEADINGS = ("environment", "Python", *LIBRARIES, "tests", "passed", "failed", "skipped", "fast paths", "date")
START, END = "<!-- made by scripts/test_versions.sh -->\n", "<!-- end -->\n"


def row(name: str, part: str, results: Path) -> str:
    """A row about the environment that runs this."""
    suite = ElementTree.parse(results).getroot().find("testsuite")
    assert suite is not None
    counts = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
    failed = counts["failures"] + counts["errors"]
    cells = [name, platform.python_version(), *(importlib.metadata.version(library) for library in LIBRARIES), part,
             str(counts["tests"] - failed - counts["skipped"]), str(failed), str(counts["skipped"]), fast_paths(),
             date.today().isoformat()]
    return f"| {' | '.join(cells)} |"


def fast_paths() -> str:
    """Which of unbraid's own implementations give the bits of the libraries that are installed here."""
    from unbraid.metrics.estimators.fast_paths import all_paths

    unequal = [name for name, path in all_paths().items() if not path.is_equal()]
    return "all equal" if not unequal else f"the library's own: {', '.join(unequal)}"


def write(folder: Path, page: Path) -> None:
    """Puts all rows into the page, those of lowest versions first."""
    order = ("lowest", "pinned", "newest")
    files = sorted(folder.glob("*.row"), key=lambda file: (order.index(file.stem.split("-")[0]), file.stem))
    lines = [f"| {' | '.join(HEADINGS)} |", "|" + "---|" * len(HEADINGS), *(file.read_text().strip() for file in files)]
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(START)
    page.write_text(before + START + "\n".join(lines) + "\n" + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1] == "row":
        print(row(sys.argv[2], sys.argv[3], Path(sys.argv[4])))
    else:
        write(Path(sys.argv[2]), Path(sys.argv[3]))
