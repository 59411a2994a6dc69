"""Shipped gin files by name, also by the names that people use for metrics and methods."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import ConfigurationError, suggestion

CONFIG_ROOT = Path(__file__).resolve().parent.parent.parent / "gin_configs"
METRICS = ("evaluation", "validation")  # folders of metrics
TRAININGS = ("training", "callbacks", "data_sets")  # folders of what a training is made of
TAKEN_BY = {"training": "unbraid-train", "callbacks": "unbraid-train", "evaluation": "unbraid-evaluate",
            "validation": "unbraid-evaluate", "export": "unbraid-export"}  # files of the other folders go anywhere
PRESETS = "presets"

# What people call a metric, to its shipped config; capitals and hyphens make no difference.
ALIASES = {
    "aam": "mig_qzx", "3charm": "dcimig", "unsupervised_metrics": "unsupervised", "udr_sklearn": "udr",
    "beta_vae": "beta_vae_sklearn", "beta_vae_score": "beta_vae_sklearn", "betavae": "beta_vae_sklearn",
    "dci_boosted_trees": "dci", "dci_disentanglement": "dci", "disentanglement": "dci", "completeness": "dci",
    "downstream_task": "downstream_task_boosted_trees", "explicitness_score": "explicitness",
    "factor_vae": "factor_vae_metric", "factor_vae_score": "factor_vae_metric", "factorvae": "factor_vae_metric",
    "fvm": "factor_vae_metric", "infomec_continuous": "infomec", "interventional_robustness": "irs",
    "local_mig": "local_mig_0_1", "local_modularity": "local_modularity_0_1", "m_fvm": "multi_factor_vae",
    "mfvm": "multi_factor_vae", "migsup": "mig_sup", "modularity": "modularity_explicitness",
    "modularity_score": "modularity_explicitness", "mutual_information_gap": "mig", "sap": "sap_score",
    "separated_attribute_predictability": "sap_score", "udr_lasso": "udr", "unfairness": "fairness",
}


def find_config(name: str, folders: Sequence[str] = ()) -> Path:
    """The file `name`, or the shipped config of that name.

    A shipped one is named by its path below gin_configs/ or its base name, with or without `.gin`, or by an alias.
    folders: below gin_configs/, of what the caller is after; they decide between files of one name, what is suggested
    for an unknown name, and where the names of presets and of other commands' configs are refused.

    Raises ConfigurationError when there is none or more than one."""
    for candidate in (Path(name), CONFIG_ROOT / name, CONFIG_ROOT / f"{name}.gin"):
        if candidate.is_file():
            return candidate
    stem = name.removesuffix(".gin")
    matches = _matches(stem, folders) if Path(name).parent == Path(".") else []
    if folders and any(match.parent.name == PRESETS for match in matches):
        raise ConfigurationError(f"{name!r} is a preset, which stands for several metrics: give --preset {stem}.")
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


def _matches(stem: str, folders: Sequence[str]) -> list[Path]:
    """Shipped files of this very name, else of an alias or of the name in other letters."""
    exact = sorted(CONFIG_ROOT.rglob(f"{stem}.gin"))
    if exact:
        preferred = [path for path in exact if path.relative_to(CONFIG_ROOT).parts[0] in folders]
        return preferred if len(exact) > 1 and preferred else exact
    plain = stem.lower().replace("-", "_").replace(" ", "_")
    wanted = ALIASES.get(plain, plain)
    return sorted(path for path in _paths(folders) if path.stem.lower() == wanted)


def _names(folders: Sequence[str]) -> set[str]:
    return {path.stem for path in _paths(folders)}


def _paths(folders: Sequence[str]) -> list[Path]:
    roots = [CONFIG_ROOT / folder for folder in folders] or [CONFIG_ROOT]
    return [path for root in roots for path in root.rglob("*.gin")]
