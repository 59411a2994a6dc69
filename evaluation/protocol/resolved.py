"""One metric under one configuration: parsed once, then passed on."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...common.commands.wording import option
from ...common.configuration.bindings import require_parameters
from ...common.configuration.parsing import CONFIG_ROOT, Configuration, bind, bindings_in_use, bound, imports_in_use
from ...common.errors import ConfigurationError
from ...common.registry import import_members
from ..compatibility.modules import install
from ..settings.adapters import declared
from ..settings.metric_configs import find_metric_config

STEPS = ("evaluation", "validation")
AUTO = "auto"
BESIDE_CODES = ("posterior", "autoencoder", "models")  # inputs of metrics that are given more than codes
NOTES = frozenset(f"{step}.{note}" for step in STEPS for note in ("name", "preset"))


@dataclass(frozen=True)
class ResolvedMetric:
    """What gin says of one score.

    step: "evaluation" or "validation", the name of its result files.  function: the metric, unwrapped.
    input: what it is given, "codes", "posterior", "autoencoder" or "models" (the codes of several models).
    data_set: a name, or "auto" where the artifact has to say.  given_bindings: as the user wrote them, for the record.
    all_bindings: every binding as gin text, notes for the results excepted.  modules: those that the files import."""

    configuration: Configuration
    config_files: tuple[str | Path, ...]
    given_bindings: tuple[str, ...]
    step: str
    function: Callable[..., Any]
    input: str
    random_seed: int
    data_set: str
    all_bindings: Mapping[str, str]
    modules: tuple[str, ...]
    bound_later: Mapping[str, Any] = field(default_factory=dict)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Puts the configuration in use for a block."""
        with self.configuration.in_use():
            for name, value in self.bound_later.items():
                bind(name, value)
            yield

    def on_data_set(self, name: str) -> ResolvedMetric:
        """The same metric on a data set, whose own bindings (gin_configs/data_sets) the configuration overrides."""
        own = CONFIG_ROOT / "data_sets" / f"{name}.gin"
        metric = self
        if own.is_file() and own not in self.config_files:
            metric = dataclasses.replace(resolve([own, *self.config_files], self.given_bindings),
                                         bound_later=self.bound_later)
        return dataclasses.replace(metric, data_set=name)._with({"dataset.name": name})

    def with_data(self, values: Mapping[str, Any]) -> ResolvedMetric:
        """The same metric with parameters of the data set bound to what an artifact records."""
        return self._with(values)

    def with_seed(self, seed: int) -> ResolvedMetric:
        """The same metric with another seed, as a user would bind it."""
        binding = f"{self.step}.random_seed = {seed}"
        return dataclasses.replace(self, random_seed=seed, given_bindings=(*self.given_bindings, binding))._with(
            {f"{self.step}.random_seed": seed})

    def with_notes(self, **notes: str | None) -> ResolvedMetric:
        """The same metric with `name` and `preset` for its results; they change no score."""
        return self._with({f"{self.step}.{note}": text for note, text in notes.items() if text is not None})

    def _with(self, values: Mapping[str, Any]) -> ResolvedMetric:
        texts = {name: repr(value) for name, value in values.items() if name not in NOTES}
        return dataclasses.replace(self, bound_later={**self.bound_later, **values},
                                   all_bindings={**self.all_bindings, **texts})


def resolve(config_files: Sequence[str | Path], bindings: Sequence[str] = ()) -> ResolvedMetric:
    """Parses the configuration of one metric.  Raises ConfigurationError where it chooses none."""
    load_metrics()
    configuration = Configuration([find_metric_config(str(name), ()) for name in config_files], bindings)
    with configuration.in_use():
        step = next((step for step in reversed(STEPS) if bound(f"{step}.{step}_fn") is not None), None)
        if step is None:
            raise ConfigurationError("No metric was chosen: give a gin config that binds evaluation.evaluation_fn, "
                                     "such as " + option("gin_config", "mig", "metrics=['mig']") + ".")
        require_parameters(bound(f"{step}.{step}_fn"))
        function = _function(bound(f"{step}.{step}_fn"))
        return ResolvedMetric(
            configuration, tuple(config_files), tuple(bindings), step, function, input_of(function),
            random_seed=_seed(bound(f"{step}.random_seed", 0), step), data_set=str(bound("dataset.name", AUTO)),
            all_bindings={name: text for name, text in bindings_in_use().items() if name not in NOTES},
            modules=tuple(imports_in_use()))


def load_metrics() -> None:
    """Registers every metric of the folder with gin, and lets modules of one's own import disentanglement_lib."""
    install()
    import_members(f"{__package__.rpartition('.')[0]}.metrics")


def _function(metric: Any) -> Callable[..., Any]:
    function = getattr(metric, "scoped_configurable_fn", metric)
    if not callable(function):
        raise ConfigurationError(f"{metric!r} is bound as a metric; expected a reference to one, such as @mig.")
    return inspect.unwrap(function)


def input_of(function: Callable[..., Any]) -> str:
    """What a metric is given, as its declaration says: "codes", "posterior", "autoencoder" or "models".

    A metric of one's own that declares nothing is given codes."""
    declaration = declared(function)
    return declaration.needs if declaration and declaration.needs in BESIDE_CODES else "codes"


def _seed(value: Any, step: str) -> int:
    if not isinstance(value, int):
        raise ConfigurationError(f"{step}.random_seed is {value!r}; expected a whole number.")
    return value
