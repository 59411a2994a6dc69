"""The result folder of disentanglement_lib: same files, same key names, so its notebooks and readers work.

    results/gin/STEP.gin   results/json/STEP_{config,results}.json   results/aggregate/STEP.json
"""

from __future__ import annotations

import logging
import math
import shutil
import uuid
from pathlib import Path
from typing import Any

from .configuration.parsing import config_values, operative_config
from .disk import reading
from .disk.files import write_json, write_text

MOST_BYTES = 1 << 26  # of a file of an earlier step that is taken along
# Keys that readers use as text; scores and bindings may be anything.
SCHEMA: dict[str, Any] = {
    "path": str, "uuid": str, "artifact_sha256": str | None, "settings_sha256": str | None,
    "elapsed_time": float | None,
    **{f"{step}_results.{key}": str | None for step in ("train", "postprocess", "evaluation", "validation")
       for key in ("uuid", "artifact_method", "method")}}

logger = logging.getLogger(__name__)


def update_result_directory(
    result_directory: Path, step_name: str, results: dict[str, Any], previous: Path | None = None
) -> dict[str, Any]:
    """Writes one step's configuration and results, after copying those of the steps before it.

    result_directory: the `results` folder of this step.  previous: that of the step before, if there is one.
    The operative gin configuration is saved as it stands.  Returns `results` with a fresh `uuid`."""
    if previous is not None and previous.is_dir():
        shutil.copytree(previous, result_directory, dirs_exist_ok=True, ignore=_not_results)
    results = {**results, "uuid": str(uuid.uuid4())}
    for key, value in results.items():
        if isinstance(value, float) and not math.isfinite(value):
            logger.warning("%s is %s; it is saved as null.", key, value)
    config = operative_config()
    write_text(result_directory / "gin" / f"{step_name}.gin", config)
    json_directory = result_directory / "json"
    write_json(json_directory / f"{step_name}_config.json", config_values(config))
    write_json(json_directory / f"{step_name}_results.json", results)
    write_json(result_directory / "aggregate" / f"{step_name}.json", aggregate(json_directory))
    return results


def aggregate(json_directory: Path) -> dict[str, Any]:
    """All `*.json` of a folder merged; key = file name without suffix + "." + key."""
    return {
        f"{path.stem}.{key}": value
        for path in sorted(json_directory.glob("*.json"))
        for key, value in read_json(path).items()
    }


def read_json(path: Path) -> dict[str, Any]:
    """A result file: a JSON object; the bare token NaN of old files is read too.  Raises UserError for any other."""
    return reading.read_json(path, SCHEMA, "a result file")


def check_results(result_directory: Path | None) -> None:
    """Raises UserError for results of an earlier step that cannot be taken along, before a new step begins."""
    if result_directory is not None and result_directory.is_dir():
        aggregate(result_directory / "json")


def recorded_config(results_directory: Path | None, step_name: str) -> dict[str, str]:
    """The configuration an earlier step recorded, values as gin text; empty when there is none."""
    if results_directory is None:
        return {}
    path = results_directory / "gin" / f"{step_name}.gin"
    return config_values(reading.read_text(path, "a gin configuration")) if path.is_file() else {}


def _not_results(folder: str, names: list[str]) -> set[str]:
    """Names that are not taken along: temporaries, pipes and devices, files too large to be results."""
    paths = {name: Path(folder, name) for name in names}
    return {name for name, path in paths.items() if name.startswith(".") or not (
        path.is_dir() or (path.is_file() and path.stat().st_size <= MOST_BYTES))}
