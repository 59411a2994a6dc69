"""Matrices behind the scores as named heat maps: tables whose cells carry value, colour and name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....common.disk.arrays import NUMBERS, TEXTS, Wanted, read_npz
from ....common.errors import UserError, one_sentence
from ....metrics.declaration import Matrix
from ....metrics.declaration_lookup import matrices

GAP = "-"
MOST_SHOWN = 100  # rows and columns of a heat map; more cells than a reader or a browser can take in
# viridis at equal steps: perceptually uniform, and ordered without colour vision and in grey print
VIRIDIS = ("#440154", "#482878", "#3e4a89", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725")


@dataclass(frozen=True)
class HeatCell:
    """Text of a value, its colours, and what a pointer shows."""

    text: str
    background: str
    color: str
    title: str


@dataclass(frozen=True)
class HeatMap:
    """A matrix of a page, turned so that names of factors stand at the left and codes run to the right."""

    title: str
    unit: str
    note: str
    row_kind: str
    column_kind: str
    columns: list[str]
    rows: list[tuple[str, list[HeatCell]]]
    low: str
    high: str
    gradient: str = "linear-gradient(to right, " + ", ".join(VIRIDIS) + ")"

    @property
    def alt(self) -> str:
        """What the table is; its cells hold the values."""
        return (f"{self.title} in {self.unit}, {len(self.rows)} {self.row_kind}s by {len(self.columns)} "
                f"{self.column_kind}s")


def read_matrix(path: Path) -> tuple[np.ndarray, list[str]]:
    """The matrix that a metric saved, float64, and the factors' names.  Raises UserError when it cannot be read."""
    wanted = {"matrix": Wanted(), "factor_names": Wanted(TEXTS + NUMBERS, (1,))}  # no names are an empty array
    arrays = read_npz(path, wanted.get, required=("matrix",))
    matrix = arrays["matrix"].astype(np.float64)
    if 0 in matrix.shape:
        raise UserError(f"{path} holds a matrix of shape {matrix.shape}; expected at least one row and column.")
    return matrix, [one_sentence(name).rstrip(".") for name in arrays.get("factor_names", ())]


def read_heat_map(path: Path) -> HeatMap:
    """The matrix a metric saved as NAME.npz, as far as a page can show it.  Raises UserError when it cannot be read."""
    matrix, names = read_matrix(path)
    declared = matrices().get(path.stem, Matrix(path.stem, path.stem.replace("_", " "), "value", ""))
    title, unit, note = declared.title, declared.unit, declared.note
    if max(matrix.shape) > MOST_SHOWN:
        note = f"{note} The first {MOST_SHOWN} rows and columns of {matrix.shape[0]} x {matrix.shape[1]}.".strip()
    has_names = len(names) in matrix.shape
    matrix, names = matrix[:MOST_SHOWN, :MOST_SHOWN], names[:MOST_SHOWN] if has_names else []
    if declared.rows == "factor" and len(names) == matrix.shape[0] == matrix.shape[1]:
        return heat_map(matrix, title, unit, "factor", "factor", names, names, note)
    codes = [f"z{index}" for index in range(len(matrix))]
    if len(names) != matrix.shape[1]:
        return heat_map(matrix, title, unit, "code", "code", codes, [f"z{i}" for i in range(matrix.shape[1])], note)
    return heat_map(matrix.T, title, unit, "factor", "code", names, codes, note)


def heat_map(matrix: np.ndarray, title: str, unit: str, row_kind: str, column_kind: str, rows: Sequence[str],
             columns: Sequence[str], note: str = "", limits: tuple[float, float] | None = None) -> HeatMap:
    """matrix: (num_rows, num_columns); NaN is a gap.  limits: values of the darkest and the brightest colour."""
    finite = matrix[np.isfinite(matrix)]
    low, high = limits or ((float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0))
    cells = [(name, [heat_cell(value, low, high, f"{name}, {column}: {value:.6g}")
                     for value, column in zip(values, columns, strict=True)])
             for name, values in zip(rows, matrix.tolist(), strict=True)]
    ends = short_number(low), short_number(high)
    return HeatMap(title, unit, note, row_kind, column_kind, list(columns), cells, *ends)


def heat_cell(value: float, low: float, high: float, title: str) -> HeatCell:
    """A gap has no colour; text is dark on bright cells and bright on dark ones."""
    if not math.isfinite(value):
        return HeatCell(GAP, "transparent", "inherit", title.replace("nan", "undefined"))
    share = (value - low) / (high - low) if high > low else 0.0
    color = viridis(share)
    text_color = "#ffffff" if luminance(color) < 0.18 else "#000000"  # where both contrast alike
    return HeatCell(short_number(value), "rgb({},{},{})".format(*color), text_color, title)


def luminance(color: tuple[int, int, int]) -> float:
    """Relative luminance of a colour (WCAG 2.2), in [0, 1]."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
              for part in (channel / 255 for channel in color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def viridis(share: float) -> tuple[int, int, int]:
    """The colour at a share in [0, 1], as red, green and blue to 255."""
    position = min(max(share, 0.0), 1.0) * (len(VIRIDIS) - 1)
    left = min(int(position), len(VIRIDIS) - 2)
    pair = [[int(color[place:place + 2], 16) for place in (1, 3, 5)] for color in VIRIDIS[left:left + 2]]
    red, green, blue = (round(a + (b - a) * (position - left)) for a, b in zip(*pair, strict=True))
    return red, green, blue


def short_number(value: float) -> str:
    """At most four characters or so, fit for a small cell: .07, .42, 1.5, 13, 4e4."""
    if value == 0:
        return "0"
    if abs(value) >= 9999.5:
        return f"{value:.0e}".replace("e+0", "e")
    text = f"{value:.0f}" if abs(value) >= 99.5 or float(value).is_integer() else f"{value:.1f}" \
        if abs(value) >= 9.95 else f"{value:.2f}"
    text = text.replace("-", "\N{MINUS SIGN}")
    return text.replace("0.", ".", 1) if text.lstrip("\N{MINUS SIGN}").startswith("0.") else text
