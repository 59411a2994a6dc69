"""BibTeX of exactly the papers that a run's metrics and methods come from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from ....common.configuration.parsing import config_values
from ....metrics.declaration import Metric
from ...protocol.resolved import load_metrics
from ...settings.adapters import declarations_by_gin_name
from ..pages.run_summary import method_of
from ..reading.runs import Run
from ..reading.scores import unquoted
from .methods import papers_of_method

FILE = Path(__file__).with_name("papers.bib")


@cache
def papers() -> dict[str, str]:
    """BibTeX entries by key."""
    entries = re.split(r"\n(?=@)", FILE.read_text(encoding="utf-8"))
    return {entry.partition("{")[2].partition(",")[0]: entry.strip() for entry in entries}


def bibtex(keys: Iterable[str]) -> str:
    """The entries of these keys, each once, in alphabetical order."""
    return "\n\n".join(papers()[key] for key in sorted(set(keys)))


def bibtex_of_metrics(metrics: Iterable[Metric | None]) -> str:
    """The entries of declared metrics; somebody's own metrics, which have no declaration, are skipped."""
    return bibtex(key for metric in metrics if metric for key in metric.citations)


def bibtex_of_runs(runs: Iterable[Run]) -> str:
    """The entries of all metrics and methods of runs."""
    load_metrics()
    declared = declarations_by_gin_name()
    return bibtex(key for run in runs for key in (*_metric_papers(run, declared), *_method_papers(run)))


def _metric_papers(run: Run, declared: Mapping[str, Metric]) -> Iterator[str]:
    for result in run.results:
        name = unquoted(result.row.get(f"{result.step}_config.{result.step}.{result.step}_fn"))
        if name.split(".")[-1] in declared:
            yield from declared[name.split(".")[-1]].citations


def _method_papers(run: Run) -> Iterator[str]:
    recorded = run.record.gin_config if run.record else ""
    training = config_values(run.configurations.get("train") or recorded or "")
    yield from papers_of_method(method_of(run), training)
