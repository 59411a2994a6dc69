"""What a report says of one run in words and numbers: the model, its scores, how long things took, versions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....common.configuration.parsing import config_values
from ....ground_truth.catalogue.recorded import display_name, recorded_bindings
from ...protocol.repeats import interval
from ..charts.gauges import gauge
from ..comparing.columns import Column, columns_of, labels_of
from ..declared.published import published
from ..declared.titles import chance_of, limits_of, range_of, title_of
from ..reading.runs import Run
from ..reading.scores import UNKNOWN, Result, unquoted

Fact = tuple[str, str]
NETWORKS = ("encoder.encoder_fn", "decoder.decoder_fn", "discriminator.discriminator_fn")
SHORT_DIGITS = 3
TRAINING = ("model.training_steps", "model.batch_size", "model.random_seed")


@dataclass(frozen=True)
class ScoreRow:
    """A metric's headline with a 95 % interval over seeds of the evaluation, and all of its numbers.

    short, short_interval: with three digits after the point, for the first screen.  title, range: what the headline
    shows and the values it takes.  compared: in words, what published models reach.  gauge: a drawing of all this."""

    metric: str
    data_set: str
    key: str
    score: str
    interval: str
    num_seeds: int
    seconds: str
    numbers: list[Fact]
    short: str = ""
    short_interval: str = ""
    title: str = ""
    range: str = ""
    compared: str = ""
    gauge: str = ""


def model_facts(run: Run) -> list[Fact]:
    """What the model is; only what is recorded."""
    training = _training(run)
    facts = {"Method": method_of(run), "Data set": ", ".join(data_sets_of(run))}
    facts |= {name.split(".")[0].capitalize(): unquoted(training.get(name)) for name in NETWORKS}
    if run.record:
        channels, height, width = run.record.image_shape
        facts |= {"Latents": str(run.record.num_latents), "Images": f"{height} by {width}, {channels} channel(s)",
                  "Codes": {"mean": "mean of the posterior", "sample": "sample of the posterior"}.get(
                      run.record.representation, run.record.representation),
                  "Verified": f"largest difference from the eager model {run.record.largest_difference:.2g}"
                  if run.record.largest_difference is not None else ""}
        facts |= {f"Source: {name}": value for name, value in (run.record.source or {}).items()}
    facts |= {name.split(".")[1].replace("_", " ").capitalize(): training.get(name, "") for name in TRAINING}
    facts |= {"Artifact": run.artifact and str(run.representation / run.artifact) if run.representation else "",
              "Artifact SHA-256": _result(run, "artifact_sha256"), "Scored with": _result(run, "artifact_backend")}
    return [(name, value) for name, value in facts.items() if value and value != UNKNOWN]


def method_of(run: Run) -> str:
    """The method by the artifact's record, else by the scores."""
    recorded = run.record.method if run.record else None
    return recorded or next((result.method for result in run.results if result.method != UNKNOWN), UNKNOWN)


def data_sets_of(run: Run) -> list[str]:
    """Data sets it was scored on, else the one its artifact was made with."""
    recorded = []
    if run.record and run.record.data_set:
        recorded = [display_name(run.record.data_set, config_values("\n".join(recorded_bindings(run.record))))]
    return sorted({result.data_set for result in run.results}) or recorded


def score_rows(run: Run, digits: int = 4) -> list[ScoreRow]:
    """One row a metric, data set and setting, repeats over seeds together."""
    columns = columns_of(run.results)
    return [_score_row(column, label, [result for result in run.results if column.holds(result)], digits)
            for column, label in zip(columns, labels_of(columns), strict=True)]


def timings(run: Run) -> list[Fact]:
    """Seconds of training, export and each metric, as far as they are recorded."""
    first = run.results[0].row if run.results else {}
    times = {"training": first.get("train_results.elapsed_time"),
             "export": first.get("postprocess_results.elapsed_time")}
    for metric, results in run.by_metric.items():
        times[metric] = sum(float(result.numbers.get("elapsed_time") or 0) for result in results)
    return [(name, seconds(float(value))) for name, value in times.items() if value is not None]


def versions(run: Run) -> list[Fact]:
    """Libraries that scored, exported and trained, each where it is recorded."""
    first = run.results[0].row if run.results else {}
    step = run.results[0].step if run.results else "evaluation"
    scored = first.get(f"{step}_results.library_versions") or {}
    exported = run.record.versions if run.record else {}
    trained = {"unbraid": first.get("train_results.unbraid_version"), "torch": first.get("train_results.torch_version")}
    steps = {"scored with": scored, "exported with": exported, "trained with": trained}
    return [(step, ", ".join(f"{name} {version}" for name, version in of_step.items() if version))
            for step, of_step in steps.items() if any(of_step.values())]


def seconds(value: float) -> str:
    """A time for readers: seconds, minutes from two on, hours from two on."""
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if value >= 2 * length:
            return f"{value / length:.1f} {unit}"
    return f"{value:.1f} s"


def _score_row(column: Column, label: str, results: Sequence[Result], digits: int) -> ScoreRow:
    values = [_number(result.numbers[column.key]) for result in results]
    found = interval(values)
    time = sum(_number(result.numbers.get("elapsed_time", 0)) for result in results)
    numbers = [(name, _text(value)) for name, value in results[0].numbers.items() if name != "elapsed_time"]
    metric, key = column.metric, column.key
    known = published(metric, key, column.data_set, results[0].settings)
    band = (known.low, known.high) if known else None
    return ScoreRow(
        label, column.data_set, key, _text(found["mean"], digits), _bounds(found, digits), len(values), seconds(time),
        numbers, short=_text(found["mean"], SHORT_DIGITS), short_interval=_bounds(found, SHORT_DIGITS),
        title=title_of(metric, key), range=range_of(metric, key),
        compared=f"{known.low:.2f} to {known.high:.2f}: {known.source}" if known else "",
        gauge=gauge(found["mean"], (found["low"], found["high"]), limits_of(metric, key) or (math.nan, math.nan), band,
                    chance_of(metric, key)))


def _bounds(found: Mapping[str, float], digits: int) -> str:
    return f"{found['low']:.{digits}f} to {found['high']:.{digits}f}" if math.isfinite(found["low"]) else ""


def _training(run: Run) -> dict[str, str]:
    return config_values(run.configurations.get("train", ""))


def _result(run: Run, key: str) -> str:
    values: list[Any] = [result.row.get(f"{result.step}_results.{key}") for result in run.results]
    return ", ".join(sorted({str(value) for value in values if value}))


def _text(value: float | None, digits: int | None = None) -> str:
    if value is None or math.isnan(value):
        return "undefined"
    return f"{value:.6g}" if digits is None else f"{value:.{digits}f}"


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
