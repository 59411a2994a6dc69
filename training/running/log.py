"""The record of a training: TensorBoard, a CSV of the loss terms, and a progress bar that shows them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ...common.checking.values import counted
from ...common.commands.command_line import format_table
from ...common.disk.files import atomic_file, write_text
from ...common.disk.reading import check_schema, read_text
from ...common.errors import UserError
from ..objectives.objective import Terms, stacked
from ..tracking.trackers import Trackers

CSV_NAME = "train_log.csv"
SCORES_NAME = "scores.csv"
TENSORBOARD_NAME = "tensorboard"
SHOWN = ("loss", "reconstruction_loss", "kl_loss")  # on the progress bar, where there is room for few

Progress = Callable[..., Any]


class NonFiniteLossError(UserError):
    """A loss that is NaN or infinite."""


class TrainingLog:
    """Collects every step's terms on the device and every so often writes their means.

    One row a line: the number of steps done, then the mean of each term over the steps since the row before."""

    def __init__(self, directory: Path, start_step: int, num_steps: int, progress: Progress | None = None,
                 pending: Mapping[str, Any] | None = None, trackers: Trackers | None = None):
        """start_step: rows after it, left by a run that was killed, are dropped.  pending: see the method.

        trackers: told everything that TensorBoard is."""
        from torch.utils.tensorboard import SummaryWriter

        self.csv_path, self.scores_path = directory / CSV_NAME, directory / SCORES_NAME
        for path in (self.csv_path, self.scores_path):
            _drop_rows_after(path, start_step)
        self.writer = SummaryWriter(str(directory / TENSORBOARD_NAME), purge_step=start_step + 1)
        self.trackers = trackers or Trackers({})
        self.bar = progress(total=num_steps, initial=start_step, unit="step") if progress else None
        self.names: list[str] = []
        self.steps: list[int] = []
        self.rows: list[torch.Tensor] = []
        if pending:
            self.names, self.steps, self.rows = list(pending["names"]), list(pending["steps"]), list(pending["rows"])

    def pending(self) -> dict[str, Any]:
        """Terms that no row holds yet, as tensors and plain data, so that a resumed run writes the same rows."""
        rows = torch.stack(self.rows).cpu() if self.rows else torch.empty(0, len(self.names))
        return {"names": self.names, "steps": self.steps, "rows": rows}

    def add(self, step: int, increment: int, terms: Terms) -> None:
        """Remembers the terms of the update made at global step `step`."""
        self.names = list(terms)
        self.rows.append(stacked(terms, torch.float32))  # on the device, until the next flush
        self.steps.append(step)
        if self.bar is not None:
            self.bar.update(increment)

    def flush(self, step: int) -> None:
        """Writes the means since the last flush under `step`.  Raises NonFiniteLossError for the first bad step."""
        if not self.rows:
            return
        # Rows of a resumed run lie on the CPU.
        rows = torch.stack([row.to(self.rows[-1].device) for row in self.rows]).cpu()
        self._check(rows)
        means = dict(zip(self.names, rows.double().mean(dim=0).tolist(), strict=True))
        self._append_csv(step, means)
        self._show(step, "train", means)
        if self.bar is not None:
            self.bar.set_postfix({name: f"{means[name]:.4g}" for name in self._shown()})
        self.rows, self.steps = [], []

    def add_scores(self, step: int, scores: Mapping[str, float]) -> None:
        """Writes what a callback gave after the update that led to `step`."""
        write_scores(self.scores_path, step, scores)
        self._show(step, "evaluation", scores)
        self.writer.flush()

    def close(self) -> None:
        """Closes the files and the bar."""
        self.writer.close()
        if self.bar is not None:
            self.bar.close()

    def _show(self, step: int, kind: str, values: Mapping[str, float]) -> None:
        """Gives numbers to TensorBoard and the trackers under the names KIND/NAME."""
        for name, value in values.items():
            self.writer.add_scalar(f"{kind}/{name}", value, step)
        self.trackers.log(step, {f"{kind}/{name}": value for name, value in values.items()})

    def _shown(self) -> Sequence[str]:
        standard = {"loss", "reconstruction_loss", "kl_loss", "regularizer", "elbo"}
        return [name for name in self.names if name in SHOWN or name not in standard]

    def _check(self, rows: torch.Tensor) -> None:
        bad = ~torch.isfinite(rows).all(dim=1)
        if bad.any():
            first = int(bad.nonzero()[0])
            values = zip(self.names, rows[first].tolist(), strict=True)
            terms = ", ".join(f"{name} = {value:.6g}" for name, value in values)
            raise NonFiniteLossError(f"The loss is not finite at step {self.steps[first]}: {terms}.")

    def _append_csv(self, step: int, means: dict[str, float]) -> None:
        is_new = not self.csv_path.exists()
        with self.csv_path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(["step", *means])
            writer.writerow([step, *(f"{value:.8g}" for value in means.values())])


def check_pending(pending: Mapping[str, Any] | None) -> None:
    """Raises UserError for what `TrainingLog.pending` cannot have given."""
    if pending is None:
        return
    check_schema(pending, {"names": list[str], "steps": list[int], "rows": torch.Tensor}, "the pending log")
    if pending["rows"].shape != (len(pending["steps"]), len(pending["names"])):
        raise UserError(f"the pending log has rows {tuple(pending['rows'].shape)}; expected as many as it has steps "
                        "and names")


def read_scores(path: Path) -> list[dict[str, str]]:
    """The rows of a scores.csv: "step" and the scores by name; none where there is no file."""
    if not path.exists():
        return []
    try:
        rows = list(csv.DictReader(io.StringIO(read_text(path, "a table of scores"), newline=""), restval=""))
    except csv.Error as error:
        raise UserError(f"{path} cannot be read as a table of scores: {error}. Remove it; the scores are also in "
                        "evaluation/.") from error
    if any(None in row or "step" not in row for row in rows):
        raise UserError(f"{path} is no table of scores: expected a column 'step' and as many values in each row as in "
                        "the first. Remove it; the scores are also in evaluation/.")
    return rows


def write_scores(path: Path, step: int, scores: Mapping[str, float]) -> None:
    """Adds scores to the row of a step; the file is replaced at once, and a name that is new becomes a column."""
    rows = {row["step"]: row for row in read_scores(path)}
    rows.setdefault(str(step), {"step": str(step)}).update({name: f"{value:.8g}" for name, value in scores.items()})
    names = dict.fromkeys(name for row in rows.values() for name in row)
    with atomic_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(names), restval="")
        writer.writeheader()
        writer.writerows(rows.values())


def scores_table(path: Path) -> str | None:
    """The scores as a table, one row a step; None where there are none."""
    rows = read_scores(path)
    return format_table(list(rows[0]), [[_short(value) for value in row.values()] for row in rows]) if rows else None


def _short(text: str) -> str:
    try:
        return text if text.isdecimal() else f"{float(text):.4f}"
    except ValueError:  # empty, or not ours
        return text


def _drop_rows_after(path: Path, step: int) -> None:
    if not path.exists():
        return
    header, *rows = read_text(path, "a training log").splitlines() or [""]
    kept = [row for row in rows if (number := counted(row.split(",")[0])) is not None and number <= step]
    write_text(path, "\n".join([header, *kept]) + "\n")
