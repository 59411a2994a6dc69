"""What a run or an artifact records of a user's own data, so that later commands find them without being told."""

from __future__ import annotations

import ast
import inspect
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gin

from ...common.commands.wording import bindings_option
from ...common.configuration.parsing import bind, bound, config_values, configured, operative_config
from ...common.errors import MissingDataError
from ..sets.custom import custom_data

OWN = "custom"
PATH = "custom_data.path"
# Data sets that are the user's own, and the parameters that hold a name for them and their file.
NAMED_BY = {OWN: ("custom_data.name", PATH), "points": ("points.name", "points.factors")}

logger = logging.getLogger(__name__)


def data_bindings(text: str) -> list[str]:
    """The bindings of own data in a recorded configuration, gin text, one for each parameter."""
    return own_bindings(config_values(text))


def own_bindings(values: Mapping[str, str]) -> list[str]:
    """Those of own data among bindings, gin text by parameter."""
    return [f"{name} = {value}" for name, value in values.items() if name.startswith("custom_data.")]


def display_name(data_set: str, bindings: Mapping[str, str]) -> str:
    """What tables call a data set: own data by the name that is bound, else by the name of the file without suffix.

    bindings: gin text by parameter."""
    if data_set not in NAMED_BY:
        return data_set
    name, path = (str(bindings.get(parameter) or "").strip("'\"") for parameter in NAMED_BY[data_set])
    return name or Path(path).stem or data_set


def needed(lines: Sequence[str]) -> list[str]:
    """Recorded bindings without those that say what holds anyway, for a command that a reader takes in."""
    defaults = {f"custom_data.{name}": repr(parameter.default) for name, parameter in
                inspect.signature(custom_data).parameters.items()}
    return [line for line in lines if defaults.get(line.split(" = ")[0]) != line.split(" = ", 1)[1]]


def bindings_used(data_set: str | None) -> list[str]:
    """What to record of the data set that was opened under the configuration in use; empty unless it is own data."""
    return data_bindings(operative_config()) if data_set == OWN else []


def recorded_bindings(record: Any) -> list[str]:
    """Those of an artifact's record; older records have them in the configuration of the training alone."""
    if record is None or record.data_set != OWN:
        return []
    return list(record.data_bindings) or data_bindings(record.gin_config)


def recorded_split(record: Any) -> dict[str, Any]:
    """How the training of an artifact divided its images, by parameter, where the configuration in use asks for a part
    and leaves that open."""
    if bound("dataset.part") is None or bound("dataset.split") is not None:
        return {}
    trained = config_values(record.gin_config)
    return {name: ast.literal_eval(trained[name]) for name in ("dataset.split", "dataset.split_seed")
            if trained.get(name, "None") != "None"}


def recalled(recorded: Sequence[str], where: object) -> dict[str, Any]:
    """Values by parameter of what was recorded and the configuration in use leaves open; none if it names own data.

    where: the run or artifact that recorded it, for messages.  Raises MissingDataError when the data are gone."""
    if not recorded or bound(PATH) is not None:
        return {}
    values = {name: ast.literal_eval(text) for name, text in config_values("\n".join(recorded)).items()}
    if not Path(values[PATH]).expanduser().exists():
        raise MissingDataError(f"{where} was made with the data {values[PATH]}, which are not there any more. Say "
                               "where they are: " + bindings_option(f"{PATH} = '...'"))
    logger.info("%s records the data %s, which are used.", where, values[PATH])
    return {name: value for name, value in values.items() if bound(name) is None}


def fall_back_on(recorded: Sequence[str], where: object) -> None:
    """Binds what was recorded, see `recalled`, in the configuration in use."""
    for name, value in recalled(recorded, where).items():
        bind(name, value)


@contextmanager
def own_data(config_files: Sequence[str] = (), bindings: Sequence[str] = ()) -> Iterator[None]:
    """A configuration of the data set only: bindings of anything that is not known yet are skipped.

    It is not locked: modules that are imported inside may register with gin."""
    with configured(config_files, bindings, skip_unknown=True), gin.unlock_config():
        yield
