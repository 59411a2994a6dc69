"""One run's part of a report: everything its templates show, and for what is missing the command that makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....metrics.declaration_lookup import report_configs
from ..charts.heat_maps import HeatMap
from ..charts.line_charts import Chart, Series, line_chart, wants_log
from ..comparing.missing_scores import evaluate_command
from ..reading.runs import Run
from ..reading.scores import UNKNOWN, models_of
from .comparison import locality_charts
from .pictures import PictureSection
from .run_summary import Fact, ScoreRow, data_sets_of, method_of, model_facts, score_rows, timings, versions

PUBLISHED_LOCAL = ("local_mig", "local_modularity")  # JL1-VAE's own
LOCALITIES = ("0_1", "0_2", "0_3", "0_6", "1_0")
LOSSES = ("loss", "reconstruction_loss", "kl_loss", "regularizer", "elbo")  # in nats, and in this order


@dataclass(frozen=True)
class Gap:
    """Something a report could show, and what to type for it."""

    what: str
    command: str


@dataclass
class RunReport:
    """One run as its template shows it."""

    name: str
    anchor: str
    summary: str
    facts: list[Fact]
    scores: list[ScoreRow]
    matrices: list[tuple[str, list[HeatMap]]]
    locality: list[Chart]
    losses: list[Chart]
    timings: list[Fact]
    versions: list[Fact]
    configurations: list[Fact]
    broken: list[str]
    pictures: list[PictureSection]
    next_steps: list[Gap]
    link: str = ""

    @property
    def active(self) -> str:
        """How many latents are active, as the section of KL divergences says; "" where it is not known."""
        return next((one.summary for one in self.pictures if one.summary), "")

    @property
    def contents(self) -> list[tuple[str, str]]:
        """Anchor and title of each part that has something to show."""
        parts = [("model", "Model", self.facts), ("scores", "Scores", self.scores),
                 ("matrices", "Factors and codes", self.matrices),
                 ("locality", "Scores by locality", self.locality),
                 *((one.anchor, one.title, one.pictures or one.charts or one.missing) for one in self.pictures),
                 ("training", "Training", self.losses), ("time", "Time and versions", self.timings or self.versions),
                 ("configuration", "Configuration", self.configurations)]
        return [(anchor, title) for anchor, title, shown in parts if shown]


def run_report(run: Run, number: int, pictures: list[PictureSection], link: str = "") -> RunReport:
    """number: of the run on its page, for links.  link: address of the run's own report, beside a page of many."""
    return RunReport(
        name=run.name, anchor=f"run{number}", summary=summary_of(run), facts=model_facts(run), scores=score_rows(run),
        matrices=list(run.matrices.items()), locality=locality_charts(models_of(run.results)), losses=loss_charts(run),
        timings=timings(run), versions=versions(run), configurations=list(run.configurations.items()),
        broken=run.broken, pictures=pictures, next_steps=next_steps(run), link=link)


def next_steps(run: Run) -> list[Gap]:
    """What the report lacks, most useful first, with the commands that add it."""
    scores = None if run.results else Gap("There are no scores.", _evaluate(run, ["mig", "dci", "sap_score"]))
    gaps = (scores, _repeats_gap(run), _matrix_gap(run), _locality_gap(run))
    return [gap for gap in gaps if gap]


def summary_of(run: Run) -> str:
    """The run in a sentence."""
    latents = f" with {run.record.num_latents} latents" if run.record else ""
    origin = f", imported from {run.record.source['project']}" if run.record and run.record.source \
        and run.record.source.get("project") else ""
    on = f" on {', '.join(data_sets_of(run))}" if data_sets_of(run) else ""
    method = method_of(run)
    return f"{'a model' if method == UNKNOWN else method}{latents}{on}{origin}"


def loss_charts(run: Run) -> list[Chart]:
    """One chart a term of the training log, by step; only terms with two rows or more."""
    return loss_comparison([run])


def loss_comparison(runs: Sequence[Run]) -> list[Chart]:
    """One chart a term that the logs hold, one line a run."""
    names = dict.fromkeys([*LOSSES, *(name for run in runs for name in run.log if name != "step")])
    charts = []
    for name in names:
        series = [Series(run.name, run.log["step"], run.log[name]) for run in runs
                  if len(run.log.get("step", ())) > 1 and name in run.log]
        if series:
            log_y = wants_log([value for one in series for value in one.ys])
            alone = len(runs) > 1 and len(series) == 1  # a single line has no legend
            charts.append(line_chart(f"{name} of {series[0].label}" if alone else name, series, "training step",
                                     f"{name}, nats an image" if name in LOSSES else name, log_y))
    return charts


def _repeats_gap(run: Run) -> Gap | None:
    if not run.results or any(row.num_seeds > 1 for row in score_rows(run)):
        return None
    return Gap("Each score comes from one seed of the evaluation, so there are no intervals.",
               _evaluate(run, list(run.by_metric), "--repeats", "5", "--resume"))


def _matrix_gap(run: Run) -> Gap | None:
    missing = [metric for metric in report_configs() if metric not in run.matrices]
    return Gap("Matrices of these metrics are missing: " + ", ".join(missing) + ".", _evaluate(run, missing)) \
        if missing else None


def _locality_gap(run: Run) -> Gap | None:
    if locality_charts(models_of(run.results)):
        return None
    metrics = [f"{name}_{locality}" for name in PUBLISHED_LOCAL for locality in LOCALITIES]
    return Gap("Local scores at several localities are missing.", _evaluate(run, metrics))


def _evaluate(run: Run, metrics: Sequence[str], *options: str) -> str:
    representation = run.representation or run.folder / "representation"
    return evaluate_command(representation, run.output, metrics, run.needed_bindings, options or ("--resume",))
