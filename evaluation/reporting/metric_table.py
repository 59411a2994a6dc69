"""The table of all metrics in docs/metrics.md, made of their declarations.

    python -m unbraid.evaluation.reporting.metric_table docs/metrics.md
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from ...common.configuration.parsing import CONFIG_ROOT
from ...common.disk.files import atomic_file
from ...metrics.catalogue import declarations
from ...metrics.declaration import Metric, Score
from ..protocol.resolved import load_metrics
from ..settings.adapters import declarations_by_gin_name

START, END = "<!-- table of metrics: written by metric_table.py -->", "<!-- end of the table of metrics -->"
HEADER = ("| metric | gin name | config | needs | rewards | range | better | cost | pitfalls | paper |\n"
          "|---|---|---|---|---|---|---|---|---|---|\n")


def metric_table() -> str:
    """The table as Markdown, one row per declared score, by input and name; then the validation variants."""
    load_metrics()
    metrics = sorted(declarations().values(), key=lambda metric: (metric.needs == "neighbourhoods", metric.name))
    rows = [_row(metric, score) for metric in metrics for score in metric.scores]
    variants = [f"`{name}`" for name, metric in declarations_by_gin_name().items() if name != metric.name]
    rows.append(f"| validation variants | {', '.join(sorted(variants))} | the same | points | the same scores on one "
                "fixed labelled set | as above | high | small | one draw of 1,000 points | disentanglement_lib |")
    return HEADER + "\n".join(rows) + "\n"


def configs_of(name: str) -> list[str]:
    """Names of the shipped gin configs that score a metric: those of `evaluation`, else those of presets."""
    own, of_presets = (sorted(path.stem for path in folder if re.search(rf"_fn = @{name}\b", _text(path)))
                       for folder in ((CONFIG_ROOT / "evaluation").glob("*.gin"),
                                      (CONFIG_ROOT / "presets").glob("*/*.gin")))
    return [config for config in own or of_presets if not config.endswith("_base")]


def updated(document: str) -> str:
    """A Markdown document with the table between its two marks written anew.  Raises ValueError without marks."""
    before, _, rest = document.partition(START)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"The document lacks {START} ... {END}.")
    return f"{before}{START}\n\n{metric_table()}\n{END}{after}"


def _row(metric: Metric, score: Score) -> str:
    cells = (score.title, f"`{metric.name}`", _config_cell(list(score.configs) or configs_of(metric.name)),
             metric.needs, score.rewards, score.range_text, score.better, score.cost, score.pitfalls, metric.paper)
    return f"| {' | '.join(cells)} |"


def _config_cell(configs: Sequence[str]) -> str:
    """Names in backticks; localities, which differ in their last digits only, as first and last."""
    if len(configs) > 2 and all(re.search(r"_\d_\d$", config) for config in configs):
        return f"`{configs[0]}` ... `{configs[-1][-3:]}`"
    return ", ".join(f"`{config}`" for config in configs)


def _text(path: Path) -> str:
    """A config's text with that of the file it includes."""
    text = path.read_text(encoding="utf-8")
    included = re.match(r'include "(.+)"', text)
    return text + ((path.parent / included[1]).read_text(encoding="utf-8") if included else "")


def main() -> None:
    """Writes the table of the document that is named on the command line."""
    document = Path(sys.argv[1])
    text = updated(document.read_text(encoding="utf-8"))
    with atomic_file(document) as path:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
