"""Sphinx configuration of the documentation site; `scripts/docs.sh` builds it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from unbraid import __version__

sys.path.insert(0, str(Path(__file__).parent))
from notebook_pages import NOTEBOOKS, markdown_of

project = "unbraid"
author = "The unbraid authors"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode", "sphinx_copybutton"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"unbraid {__version__}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {"members": True, "show-inheritance": True}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# Links in the Markdown files work in the repository; these lead out of docs/ and have a page of their own on the site.
PAGES_OUTSIDE = {"../CONTRIBUTING.md": "contributing.md", "../CHANGELOG.md": "changelog.md"}


def link_inside(app: Any, page: str, source: list[str]) -> None:
    """Points links to files above docs/ at the pages that include them."""
    for outside, inside in PAGES_OUTSIDE.items():
        source[0] = source[0].replace(f"]({outside}", f"]({inside}")
    if page in ("contributing", "changelog"):
        source[0] = source[0].replace("](docs/", "](")


def show_notebook(app: Any, page: str, source: list[str]) -> None:
    """Puts the notebook in place of a page in examples/."""
    if page.startswith("examples/"):
        source[0] = markdown_of(NOTEBOOKS / f"{Path(page).name}.ipynb")


def setup(app: Any) -> None:
    """Registers the hooks of this file."""
    app.connect("source-read", link_inside)
    app.connect("source-read", show_notebook)
    app.connect("include-read", lambda app, path, page, source: link_inside(app, page, source))
