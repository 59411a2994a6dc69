"""Self-contained pages: Jinja2 templates with style and script inlined, everything else escaped."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from .... import __version__
from ....common.disk.files import write_text

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    """A page of a template's name; a name it does not get is an error, not a hole."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    environment.filters["breakable"] = breakable
    return environment.get_template(template).render(**values, version=__version__)


def breakable(text: str) -> Markup:
    """A name that may be broken after its underscores and points, and only there."""
    return Markup(re.sub(r"([_.])(?=\w)", r"\1<wbr>", str(escape(text))))


def write_page(path: Path, template: str, **values: Any) -> None:
    """Writes `render`'s page, whole or not at all."""
    write_text(path, render(template, **values))
