"""A score table as Markdown or LaTeX, ready to be pasted into a paper."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from ....common.disk.files import write_text
from .score_tables import GAP, MAX_NOTES, ScoreTable

LATEX_ESCAPES = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{",
                 "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
                 ">": r"\textgreater{}"}


def markdown(table: ScoreTable) -> str:
    """A table of GitHub's Markdown, with a caption, notes and the commands that fill the gaps."""
    lines = [markdown_row([escape_markdown(name) for name in table.header]),
             markdown_row(["---", *["---:"] * (len(table.header) - 1)])]
    lines += [markdown_row([escape_markdown(label), *(score.text(best="**{}**") for score in scores), str(seeds)])
              for label, scores, seeds in table.rows]
    lines += ["", table.caption, *(f"\n{note}" for note in table.notes[:MAX_NOTES])]
    if table.commands:
        lines += ["", f"{GAP}: not computed. These commands fill the gaps:", "", "```bash",
                  *table.commands[:MAX_NOTES], *_rest(table.commands, "# "), "```"]
    return "\n".join(lines) + "\n"


def latex(table: ScoreTable) -> str:
    """A `table` of LaTeX with the rules of `booktabs`; commands that fill gaps stand in comments."""
    columns = "l" + "r" * (len(table.header) - 1)
    header = _latex_row([escape_latex(name) for name in table.header])
    lines = [r"% Needs \usepackage{booktabs}.", r"\begin{table}", r"  \centering",
             rf"  \begin{{tabular}}{{{columns}}}", r"    \toprule", header, r"    \midrule"]
    for label, scores, seeds in table.rows:
        cells = [score.text(r" $\pm$ ", r"\textbf{{{}}}").replace("(n = ", "($n$ = ") for score in scores]
        lines.append(_latex_row([escape_latex(label), *cells, str(seeds)]))
    caption = escape_latex(" ".join([table.caption, *table.notes[:MAX_NOTES]])).replace("±", r"$\pm$")
    lines += [r"    \bottomrule", r"  \end{tabular}", rf"  \caption{{{caption}}}", r"\end{table}"]
    if table.commands:
        lines += [f"% {GAP}: not computed. These commands fill the gaps:",
                  *(f"% {command}" for command in table.commands[:MAX_NOTES]), *_rest(table.commands, "% ")]
    return "\n".join(lines) + "\n"


def comma_separated(table: ScoreTable) -> str:
    """A mean, a standard deviation and a number of models for each column, at full precision; gaps are empty."""
    header = [table.header[0], *(f"{name} {part}" for name in table.header[1:-1] for part in ("mean", "sd", "models"))]
    rows = [[label, *(part for score in scores for part in score.exact), str(seeds)]
            for label, scores, seeds in table.rows]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[*header, table.header[-1]], *rows])
    return text.getvalue()


WRITERS: dict[str, Callable[[ScoreTable], str]] = {".md": markdown, ".tex": latex, ".csv": comma_separated}


def write_table(table: ScoreTable, path: Path) -> None:
    """Writes Markdown, LaTeX or CSV, whichever the suffix says."""
    write_text(path, WRITERS[path.suffix](table))


def escape_latex(text: str) -> str:
    """Text in which no character means anything to LaTeX."""
    escaped = "".join(LATEX_ESCAPES.get(character, character) for character in text)
    return escaped.replace("--", "-{}-")  # which would become a dash


def escape_markdown(text: str) -> str:
    """Text for a cell: bars, stars and underscores stand for themselves."""
    return "".join(f"\\{character}" if character in "|*_`<\\" else character for character in text)


def markdown_row(cells: list[str]) -> str:
    """One line of a table; the cells are escaped already."""
    return "| " + " | ".join(cells) + " |"


def _latex_row(cells: list[str]) -> str:
    return "    " + " & ".join(cells) + r" \\"


def _rest(commands: list[str], mark: str) -> list[str]:
    return [f"{mark}and {len(commands) - MAX_NOTES} more"] if len(commands) > MAX_NOTES else []
