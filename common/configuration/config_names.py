"""Shipped gin files by name, also by other names that a caller knows of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..commands.wording import option
from ..errors import ConfigurationError, suggestion

CONFIG_ROOT = Path(__file__).resolve().parent.parent.parent / "gin_configs"
METRICS = ("evaluation", "validation")  # folders of metrics
TRAININGS = ("training", "callbacks", "data_sets")  # folders of what a training is made of
TAKEN_BY = {"training": "unbraid-train", "callbacks": "unbraid-train", "evaluation": "unbraid-evaluate",
            "validation": "unbraid-evaluate", "export": "unbraid-export"}  # files of the other folders go anywhere
PRESETS = "presets"


def find_config(name: str, folders: Sequence[str] = (),
                aliases: Callable[[], Mapping[str, str]] = dict) -> Path:
    """The file `name`, or the shipped config of that name.

    A shipped one is named by its path below gin_configs/ or its base name, with or without `.gin`.
    folders: below gin_configs/, of what the caller is after; they decide between files of one name, what is suggested
    for an unknown name, and where the names of presets and of other commands' configs are refused.
    aliases: gives base names by other names, in lower case with underscores; called for a name that is no base name.

    Raises ConfigurationError when there is none or more than one."""
    for candidate in (Path(name), CONFIG_ROOT / name, CONFIG_ROOT / f"{name}.gin"):
        if candidate.is_file():
            return candidate
    stem = name.removesuffix(".gin")
    matches = _matches(stem, folders, aliases) if Path(name).parent == Path(".") else []
    if folders and any(match.parent.name == PRESETS for match in matches):
        raise ConfigurationError(f"{name!r} is a preset, which stands for several metrics: give "
                                 f"{option('preset', stem)}.")
    if len(matches) == 1:
        _refuse_other_kinds(matches[0], folders)
        return matches[0]
    if matches:
        choices = ", ".join(str(match.relative_to(CONFIG_ROOT)) for match in matches)
        raise ConfigurationError(f"The gin config name {name!r} is ambiguous; give one of: {choices}.")
    raise ConfigurationError(f"There is no gin config {name!r}, neither as a file nor among the shipped ones. "
                             + suggestion(Path(stem).name, _names(folders))
                             + f" They are in {CONFIG_ROOT}; unbraid-evaluate --list describes metrics and presets.")


def _refuse_other_kinds(path: Path, folders: Sequence[str]) -> None:
    """Raises ConfigurationError for a shipped config that only other commands take."""
    kind = path.relative_to(CONFIG_ROOT).parts[0]
    command = TAKEN_BY.get(kind)
    if folders and command and command not in {TAKEN_BY.get(folder) for folder in folders}:
        raise ConfigurationError(f"The gin config {path.stem!r} is for {command} (it lies in {CONFIG_ROOT / kind}); "
                                 f"expected one of {' or '.join(folders)}.")


def _matches(stem: str, folders: Sequence[str], aliases: Callable[[], Mapping[str, str]]) -> list[Path]:
    """Shipped files of this very name, else of an alias or of the name in other letters."""
    exact = sorted(CONFIG_ROOT.rglob(f"{stem}.gin"))
    if exact:
        preferred = [path for path in exact if path.relative_to(CONFIG_ROOT).parts[0] in folders]
        return preferred if len(exact) > 1 and preferred else exact
    plain = plain_name(stem)
    wanted = aliases().get(plain, plain)
    return sorted(path for path in _paths(folders) if path.stem.lower() == wanted)


def plain_name(name: str) -> str:
    """A name in lower case with underscores: "Beta-VAE" and "beta vae" are "beta_vae"."""
    return name.lower().replace("-", "_").replace(" ", "_")


def _names(folders: Sequence[str]) -> set[str]:
    return {path.stem for path in _paths(folders)}


def _paths(folders: Sequence[str]) -> list[Path]:
    roots = [CONFIG_ROOT / folder for folder in folders] or [CONFIG_ROOT]
    return [path for root in roots for path in root.rglob("*.gin")]
