"""gin values: every parameter of every configurable has an annotation that is checked where gin is read."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

import unbraid.evaluation.during_training
import unbraid.evaluation.protocol.presets
import unbraid.export.postprocessing.representations
import unbraid.ground_truth.named_data
import unbraid.training.running.train  # noqa: F401
from unbraid.common.checking.ranges import interval_of
from unbraid.common.checking.values import ANY_NUMBER, Interval, fits, in_words
from unbraid.common.configuration import gin_internals
from unbraid.common.configuration.bindings import _parameters, require_parameters
from unbraid.common.configuration.parsing import CONFIG_ROOT, bound, configured
from unbraid.common.errors import ConfigurationError
from unbraid.common.system.memory import total_memory
from unbraid.evaluation.protocol.evaluate import load_metrics

load_metrics()
# Weights and offsets: any finite number is one.
ANY = {"alpha", "anneal_fn", "beta", "beta_max", "beta_min", "c_max", "continuity_cutoff", "epsilon", "factor", "gamma",
       "factor_bins", "gamma_sup", "hy_commute", "hy_hes", "hy_rec", "k", "k_i", "k_p", "labeller_fn", "lamb",
       "num_factors", "lambda_d_factor", "lambda_od", "logvar_bias_init", "resize", "setpoint_start", "sigma", "values"}


def parameters() -> Iterator[tuple[str, str, Any]]:
    """(configurable, parameter, annotation) of all that gin can bind in unbraid."""
    for selector, found in sorted(gin_internals.configurables().items()):
        if found.wrapped.__module__.startswith("unbraid."):
            annotated = _parameters(found.selector)
            for name in gin_internals.parameters_of(found, annotated):
                yield selector.split(".")[-1], name, annotated[name][0]


ALL = list(parameters())


def numbers_in(annotation: Any) -> bool:
    return annotation in (int, float) or any(map(numbers_in, typing.get_args(annotation)))


def test_every_parameter_can_be_checked_and_every_number_has_a_range_or_is_a_weight() -> None:
    assert len(ALL) > 250
    assert {name for _, name, annotation in ALL if annotation is Any} <= {"layers"}  # known to type checkers alone
    unknown = {name for _, name, annotation in ALL if numbers_in(annotation) and interval_of(name) is ANY_NUMBER} - ANY
    assert not unknown, f"declare a range in common/checking/ranges.py, or a weight in ANY, for {sorted(unknown)}"


@pytest.mark.parametrize("value", ["{'a': @nothing_like_it}", "{(1, 2): [None, {}]}"])
def test_nonsense_fits_no_parameter(value: str) -> None:
    accepted = []
    for configurable, name, annotation in ALL:
        if annotation is Any or "dict" in str(annotation) or "Mapping" in str(annotation):
            continue
        try:
            with configured([], [f"{configurable}.{name} = {value}"]):
                accepted.append(f"{configurable}.{name}: {annotation}")
        except ConfigurationError:
            continue
    assert accepted == []


@pytest.mark.parametrize(("low", "text"), [(-1, "-1"), (0, "0"), (10**12, "1000000000000")])
def test_sizes_out_of_range_fit_no_parameter(low: int, text: str) -> None:
    for configurable, name, annotation in ALL:
        if annotation in (int, int | None) and low not in interval_of(name):
            message = rf"{configurable}\.{name} is {text} \(binding 1\); expected a"
            with pytest.raises(ConfigurationError, match=message), \
                    configured([], [f"{configurable}.{name} = {text}"]):
                pass


def test_every_shipped_configuration_passes() -> None:
    for path in CONFIG_ROOT.rglob("*.gin"):
        with configured([path]):
            pass


@pytest.mark.parametrize(("binding", "expected"), [
    ("evaluation.random_seed = -1", "a whole number from 0 to 4,294,967,295"),
    ("evaluation.random_seed = 'x'", "a whole number from 0"),
    ("evaluation.random_seed = True", "a whole number from 0"),
    ("vae.beta = 'x'", "a number."),
    ("vae.beta = 1e999", "a number."),
    ("AdamOptimizer.beta1 = None", "a number of at least 0 and below 1"),
    ("AdamOptimizer.beta1 = 1", "a number of at least 0 and below 1"),
    ("whitened_representation.num_points = 1.5", "a whole number from 1"),
    ("evaluation.evaluation_fn = 'mig'", "a reference to a function or class, such as @name"),
    ("evaluation.evaluation_fn = @vae", "a reference"),
    ("evaluation.evaluation_fn = @mig()", "a reference"),
    ("reconstruction_loss.loss_fn = 'x'", "a reference"),
    ("reconstruction_loss.loss_fn = @mig", "a reference"),
    ("annealer.anneal_fn = @mig", "a reference"),
    ("model.model = @mig()", "an instance of a method"),
    ("model.callbacks = ['x']", "a list"),
    ("downstream_task.num_train = [10, 0]", "a list, each item a whole number from 1"),
    ("downstream_task.num_train = 5", "a list"),
    ("downstream_task.num_train = '555'", "a list"),
    ("dataset.name = None", "text in quotes"),
    ("a/b/mig.num_train = 1.5", "a whole number"),
    ("mig.num_train = %size\nsize = 0", "a whole number from 1"),
])
def test_a_value_that_does_not_fit_is_named_with_what_was_expected(binding: str, expected: str) -> None:
    name = binding.split(" = ", maxsplit=1)[0]
    with pytest.raises(ConfigurationError) as caught, configured([], [binding]):
        pass
    message = str(caught.value)
    assert message.startswith(f"{name} is ")
    assert f"expected {expected}" in message
    assert "(binding 1)" in message


@pytest.mark.parametrize("binding", [
    "evaluation.global_seed = 'metric'", "evaluation.global_seed = 7", "evaluation.global_seed = None",
    "model.model = @vae()", "model.model = @vae", "vae.beta = 4", "vae_optimizer.learning_rate = @piecewise_constant",
    "model.callbacks = [@evaluate_during_training()]", "unified_scores.matrix_fns = [@mutual_information_matrix]",
    "encoder.encoder_fn = @conv_encoder", "evaluation.scheme = @shuffled_images", "mig.num_train = %size\nsize = 7"])
def test_a_value_that_fits_passes(binding: str) -> None:
    with configured([], [binding]):
        pass


def test_a_required_parameter_that_nothing_binds_is_found_before_the_call() -> None:
    with configured([], ["evaluation.evaluation_fn = @a/mig", "a/mig.batch_size = 5"]), \
            pytest.raises(ConfigurationError, match=r"The gin parameter mig\.num_train must be given"):
        require_parameters(bound("evaluation.evaluation_fn"))
    with configured([], ["evaluation.evaluation_fn = @a/mig", "a/mig.num_train = 5"]):
        require_parameters(bound("evaluation.evaluation_fn"))


def test_a_size_beyond_memory_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    message = rf"from 1 to {(total_memory() or 0) // 1000:,} \(as many as fit into the \d+ GB of memory here\)"
    with pytest.raises(ConfigurationError, match=message), configured([], ["dci_es.num_train = 1000000000000"]):
        pass


def test_file_and_line_are_named_also_in_an_included_file(tmp_path: Path) -> None:
    (tmp_path / "base.gin").write_text("# sizes\n\nmig.num_train = -3\n")
    (tmp_path / "top.gin").write_text("include 'base.gin'\nmig.batch_size = 10\n")
    with pytest.raises(ConfigurationError, match=r"mig\.num_train is -3 \(.*base\.gin, line 3\); expected"), \
            configured([tmp_path / "top.gin"]):
        pass
    (tmp_path / "block.gin").write_text("mig:\n  batch_size = 10\n  num_train = 'x'\n")
    with pytest.raises(ConfigurationError, match=r"num_train is 'x' \(.*block\.gin, line 3\); expected"), \
            configured([tmp_path / "block.gin"]):
        pass


@pytest.mark.parametrize(("text", "message"), [
    ("import nothing_like_it", r"imports 'nothing_like_it' \(.*line 1\), which is neither"),
    ("from os import nothing", "import.*nothing"),
    ("mig.num_train = %nothing", "%nothing is used, but nothing binds it"),
    ("x = %x\nmig.num_train = %x", "%x is bound to itself"),
    ("include 'top.gin'", "includes itself"),
    ("mig.num_train = [", "never closed"),
    ("mig.num_train = '''", "never closed"),
    ("mig.num_train = " + "[" * 5000, "nested too deeply|never closed"),
    ("mig.num_train = " + "-" * 5000 + "1", "cannot read"),
    ("mig.num_train = 1" + "0" * 5000, "cannot read"),
    ("custom_data.path = 'a\0b'", "cannot read"),
    ("mig.num_train = __import__('os')", "cannot read"),
    ("bernoulli_loss.images = 1", "allowlist"),
    ("include '/dev/zero'", "includes '/dev/zero', which is neither"),
    ("mig:\nnum_train = 3", "cannot read"),
    ("\ufeff= 3", "cannot read"),
])
def test_syntax_that_gin_stumbles_over_is_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "top.gin").write_text(text)
    with pytest.raises(ConfigurationError, match=message) as caught, configured([tmp_path / "top.gin"]):
        pass
    assert len(str(caught.value)) < 1000
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "top.gin").write_bytes(b"mig.num_train = 5  # gr\xfc\xdfe")
    with pytest.raises(ValueError, match=r"top\.gin is not UTF-8 text: line 1 has the byte 0xfc.*Save it as UTF-8"), \
            configured([tmp_path / "top.gin"]):
        pass


@pytest.mark.parametrize(("value", "annotation", "is_fit"), [
    (1, int, True), (True, int, False), (1.0, int, False), (1, float, True), (float("nan"), float, False),
    (10**400, float, False), ("a", str, True), (None, str | None, True), (b"a", str, False),
    ([1, 2], Sequence[int], True), ("12", Sequence[str], False), ([1, "2"], list[int], False), ([], list[int], True),
    ([1, 2], tuple[int, int], True), ([1], tuple[int, int], False), ({"a": 1}, dict[str, int], True),
    ({1: 1}, Mapping[str, int], False), ("a", Literal["a", "b"], True), ("c", Literal["a", "b"], False),
    (1, Literal[True], False), (len, Callable[..., int], True), (3, Callable[..., int], False),
    (5, Annotated[int, Interval(0, 4)], False), ([5], Annotated[list[int], Interval(0, 4)], False),
    (int, type[int], True), (object(), Any, True)])
def test_values_fit_annotations(value: object, annotation: Any, is_fit: bool) -> None:
    assert fits(value, annotation) is is_fit
    assert in_words(annotation)


def test_the_interval_in_words() -> None:
    assert [str(interval) for interval in (Interval(1), Interval(0, is_low_open=True), Interval(0, 1), ANY_NUMBER,
                                           Interval(0, 1, is_high_open=True))] == [
        " of at least 1", " above 0", " from 0 to 1", "", " of at least 0 and below 1"]
