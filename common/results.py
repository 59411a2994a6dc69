"""The result folder of disentanglement_lib: same files, same key names, so its notebooks and readers work.

    results/gin/STEP.gin   results/json/STEP_{config,results}.json   results/aggregate/STEP.json
"""

from __future__ import annotations

import json
import logging
import math
import shutil
import uuid
from pathlib import Path
from typing import Any

from .configuration import config_values, operative_config
from .errors import UserError
from .files import atomic_file, write_json

logger = logging.getLogger(__name__)


def update_result_directory(
    result_directory: Path, step_name: str, results: dict[str, Any], previous: Path | None = None
) -> dict[str, Any]:
    """Writes one step's configuration and results, after copying those of the steps before it.

    result_directory: the `results` folder of this step.  previous: that of the step before, if there is one.
    The operative gin configuration is saved as it stands.  Returns `results` with a fresh `uuid`."""
    if previous is not None and previous.is_dir():
        shutil.copytree(previous, result_directory, dirs_exist_ok=True)
    results = {**results, "uuid": str(uuid.uuid4())}
    for key, value in results.items():
        if isinstance(value, float) and not math.isfinite(value):
            logger.warning("%s is %s; it is saved as null.", key, value)
    config = operative_config()
    with atomic_file(result_directory / "gin" / f"{step_name}.gin") as path:
        path.write_text(config, encoding="utf-8")
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
    """A JSON object; the bare token NaN of old files is read too.  Raises UserError when it is not one."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as a result file: {error}.") from error
    if not isinstance(values, dict):
        raise UserError(f"{path} holds a JSON {type(values).__name__} where an object was expected.")
    return values


def recorded_config(results_directory: Path, step_name: str) -> dict[str, str]:
    """The configuration an earlier step recorded, values as gin text; empty when there is none."""
    path = results_directory / "gin" / f"{step_name}.gin"
    return config_values(path.read_text(encoding="utf-8")) if path.is_file() else {}
