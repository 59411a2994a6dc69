"""Matrices behind the scores as named heat maps: tables whose cells carry value, colour and name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    """Text of a value, its colours, what a pointer shows, and the value with all digits to sort by; "" for a gap."""

    text: str
    background: str
    color: str
    title: str
    value: str = ""


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


@dataclass(frozen=True)
class NamedMatrix:
    """A matrix (num_rows, num_columns) float64 that a metric saved, what its axes are, and a name for each place."""

    declared: Matrix
    values: np.ndarray
    row_kind: str
    row_names: list[str]
    column_kind: str
    column_names: list[str]

    def cropped(self) -> NamedMatrix:
        """As much of it as a picture can show."""
        return replace(self, values=self.values[:MOST_SHOWN, :MOST_SHOWN], row_names=self.row_names[:MOST_SHOWN],
                       column_names=self.column_names[:MOST_SHOWN])


def read_matrix(path: Path) -> NamedMatrix:
    """The matrix that a metric saved as NAME.npz; codes without names are z0, z1, ...

    Raises UserError when it cannot be read."""
    names = Wanted(TEXTS + NUMBERS, (1,))  # no names are an empty array
    arrays = read_npz(path, {"matrix": Wanted(), "factor_names": names, "code_names": names}.get, required=("matrix",))
    matrix = arrays["matrix"].astype(np.float64)
    if 0 in matrix.shape:
        raise UserError(f"{path} holds a matrix of shape {matrix.shape}; expected at least one row and column.")
    factors, codes = ([one_sentence(name).rstrip(".") for name in arrays.get(key, ())]
                      for key in ("factor_names", "code_names"))
    declared = matrices().get(path.stem, Matrix(path.stem, path.stem.replace("_", " "), "value", ""))
    num_rows, num_columns = matrix.shape
    has_factors = len(factors) == num_columns
    if has_factors and declared.rows == "factor" and num_rows == num_columns:
        return NamedMatrix(declared, matrix, "factor", factors, "factor", factors)
    rows = _names_of_codes(codes, num_rows)
    if has_factors:
        return NamedMatrix(declared, matrix, "code", rows, "factor", factors)
    return NamedMatrix(declared, matrix, "code", rows, "code", _names_of_codes(codes, num_columns))


def _names_of_codes(names: list[str], number: int) -> list[str]:
    return names if len(names) == number else [f"z{index}" for index in range(number)]


def read_heat_map(path: Path) -> HeatMap:
    """The matrix a metric saved as NAME.npz, as far as a page can show it.  Raises UserError when it cannot be read."""
    whole = read_matrix(path)
    note, shown = whole.declared.note, whole.cropped()
    if shown.values.shape != whole.values.shape:
        num_rows, num_columns = whole.values.shape
        note = f"{note} The first {MOST_SHOWN} rows and columns of {num_rows} x {num_columns}.".strip()
    if (shown.row_kind, shown.column_kind) == ("code", "factor"):
        shown = replace(shown, values=shown.values.T, row_kind="factor", row_names=shown.column_names,
                        column_kind="code", column_names=shown.row_names)
    return heat_map(shown.values, whole.declared.title, whole.declared.unit, shown.row_kind, shown.column_kind,
                    shown.row_names, shown.column_names, note)


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
    return HeatCell(short_number(value), "rgb({},{},{})".format(*color), text_color, title, f"{value:.6g}")


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
    """At most four characters or so, fit for a small cell: 0.07, 0.42, 1.5, 13, 4e4."""
    if value == 0:
        return "0"
    if abs(value) >= 9999.5:
        return f"{value:.0e}".replace("e+0", "e")
    text = f"{value:.0f}" if abs(value) >= 99.5 or float(value).is_integer() else f"{value:.1f}" \
        if abs(value) >= 9.95 else f"{value:.2f}"
    return text.replace("-", "\N{MINUS SIGN}")
