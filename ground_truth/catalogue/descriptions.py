"""What can be said about a data set without opening it."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...common.commands.command_line import format_table
from ...common.errors import UserError
from ..bases.parts import num_images
from ..files.paths import data_root, search_roots
from ..registry import data_sets
from ..sets.dsprites import ABOUT as DSPRITES
from .about import About

MOST_VALUES = 8  # of a factor that are listed
OF_THE_USER = ("custom", "points")  # data sets that a binding has to name a file for


@dataclass(frozen=True)
class Description:
    """A data set's class attributes; factors and shape are empty where they depend on a file."""

    name: str
    text: str
    factor_names: Sequence[str]
    factor_sizes: Sequence[int]
    image_shape: Sequence[int]
    about: About | None

    @property
    def found(self) -> Path | None:
        """The file or folder that would be read."""
        patterns = self.about.layouts if self.about else ()
        matches = (path for pattern in patterns for root in search_roots() for path in root.glob(pattern))
        return next(matches, None)

    @property
    def status(self) -> str:
        """Whether the data set can be used right now."""
        if self.name in OF_THE_USER:
            return "yours"
        if self.about is None or not self.about.layouts:
            return "procedural"
        if self.found:
            return "ready"
        return "drawn" if self.about is DSPRITES else "missing"


def describe(name: str) -> Description:
    """Raises UnknownNameError for a name that no data set carries."""
    factory: Any = data_sets()[name]
    names = list(getattr(factory, "grid_factor_names", ()))
    sizes = list(getattr(factory, "grid_factor_sizes", ()))
    exposed = getattr(factory, "latent_factor_indices", None) or range(len(sizes))
    return Description(
        name, inspect.getdoc(factory) or "", [names[index] for index in exposed], [sizes[index] for index in exposed],
        list(getattr(factory, "image_shape", ())), getattr(factory, "about", None))


def downloadable(names: Sequence[str]) -> list[str]:
    """The data sets of these names; for "all", those that have files to fetch.

    Raises UserError for one that is not known or that has nothing to fetch."""
    if list(names) == ["all"]:
        return [name for name in sorted(data_sets()) if (about := describe(name).about) and about.files]
    for name in names:
        about = describe(name).about
        if about is None or not about.files:
            raise UserError(f"There is nothing to download for {name}. "
                            f"{about.manual if about and about.manual else 'It needs no file.'}")
    return list(names)


def overview() -> str:
    """All data sets, one a line."""
    rows = []
    for name in data_sets():
        described = describe(name)
        rows.append([name, described.status, "x".join(map(str, described.image_shape)) or "-",
                     " ".join(map(str, described.factor_sizes)) or "-"])
    table = format_table(["name", "status", "image", "factor sizes"], rows)
    return table + ("\n\nready: a file was found.  drawn, procedural: no file needed.  "
                    "missing: unbraid-data download NAME"
                    f"\nFiles are looked for in {' and '.join(map(str, search_roots()))} (DISENTANGLEMENT_LIB_DATA).")


def markdown_table() -> str:
    """The table of docs/data_sets.md: name, factors, file, home, licence."""
    lines = ["| name | factors (values) | file, below the data folder | home | licence |", "|---|---|---|---|---|"]
    for name in data_sets():
        described = describe(name)
        factors = ", ".join(f"{factor} {size}" for factor, size in
                            zip(described.factor_names, described.factor_sizes, strict=False))
        about = described.about
        place = f"`{about.layouts[0]}`" if about and about.layouts else "-"
        home = f"[home]({about.home})" if about else "-"
        lines.append(f"| `{name}` | {factors or '-'} | {place} | {home} | {about.licence if about else '-'} |")
    return "\n".join(lines)


def details(name: str) -> str:
    """Everything about one data set: what it is, its factors, its files and where they go."""
    described = describe(name)
    parts = [f"{name}: {described.text}"]
    if described.factor_names:
        rows = [[str(position), factor, str(size)] for position, (factor, size) in
                enumerate(zip(described.factor_names, described.factor_sizes, strict=True))]
        parts.append(format_table(["position", "factor", "values"], rows))
    if described.image_shape:
        parts.append(f"images: {' x '.join(map(str, described.image_shape))}, float32 in [0, 1]")
    if described.about:
        parts.append(_origin(described, described.about))
    return "\n\n".join(parts)


def understood(data: Any) -> str:
    """What was read of an opened data set: number and shape of its images, and the values of each factor."""
    lines = []
    if isinstance(data.observation_shape, list):
        lines.append(f"{num_images(data):,} images, {' x '.join(map(str, data.observation_shape))} "
                     "(height x width x channels), float32 in [0, 1]")
    if not len(data.factors_num_values):
        return "\n".join([*lines, "no factors: the images can be trained on"])
    values = getattr(data, "factor_values", None) or [()] * len(data.factors_num_values)
    binned = getattr(data, "binned_factors", {})
    table = format_table(["factor", "values"], [[name, str(size)] for name, size in
                                                zip(data.factor_names, data.factors_num_values, strict=True)])
    header, line, *rows = table.splitlines()
    rows = [f"{row}  {_shown_values(of_factor, name in binned)}".rstrip()
            for row, name, of_factor in zip(rows, data.factor_names, values, strict=True)]
    return "\n".join([*lines, "", header, line, *rows])


def _shown_values(values: Sequence[float | str], is_binned: bool) -> str:
    texts = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in values]
    few = ", ".join(texts) if len(texts) <= MOST_VALUES else f"{', '.join(texts[:3])}, ..., {texts[-1]}"
    return f"middles of bins: {few}" if is_binned else few


def _origin(described: Description, about: About) -> str:
    lines = [f"home:     {about.home}", f"licence:  {about.licence}", f"status:   {described.status}"]
    if described.found:
        lines.append(f"reads:    {described.found}")
    lines += [f"file:     {data_root() / file.path}\n          from {file.url}" for file in about.files]
    others = [layout for layout in about.layouts if layout not in {file.path for file in about.files}]
    if others:
        lines.append(f"or:       {', '.join(others)}")
    if about.manual:
        lines.append(f"note:     {about.manual}")
    return "\n".join(lines)
