"""Every metric is complete: declared, exact on an example worked by hand, and clear about input it refuses."""

from __future__ import annotations

import inspect
import math
import re
from pathlib import Path
from typing import Any

import gin
import numpy as np
import pytest
from cases import BITS, EXACT, FACTORS, REFUSED, SAMPLE, TOLERANCES
from completeness import missing_fields, undeclared, without_examples

from unbraid import metrics
from unbraid.common.errors import UserError
from unbraid.evaluation.protocol.evaluate import load_metrics
from unbraid.evaluation.reporting.metric_table import configs_of, updated
from unbraid.evaluation.settings.adapters import declarations_by_gin_name
from unbraid.metrics.catalogue import declarations, metric_function, names
from unbraid.metrics.declaration import FROM_POINTS, Metric, Score, matches
from unbraid.metrics.declaration_lookup import direction, headline_key
from unbraid.metrics.random_streams import as_random_state
from unbraid.metrics.result import MetricResult

ROOT = Path(__file__).resolve().parents[2]
# scikit-learn tells by FutureWarnings which defaults of its estimators will move.
ONLY_EXPECTED_WARNINGS = ("error", "ignore::unbraid.metrics.undefined.UndefinedScoreWarning",
                          "ignore::sklearn.exceptions.ConvergenceWarning")
load_metrics()


def test_every_metric_has_an_exact_test_and_an_error_test() -> None:
    assert without_examples() == set()


@pytest.mark.filterwarnings(*ONLY_EXPECTED_WARNINGS)
@pytest.mark.parametrize("name", names())
def test_exact_value_declared_keys_and_matrices(name: str) -> None:
    call, key, expected = EXACT[name]
    found = call()
    assert isinstance(found, MetricResult)
    assert found[key] == pytest.approx(expected, abs=TOLERANCES.get(name, 1e-9))
    declared = declarations()[name]
    assert undeclared(declared, found) == set()
    assert matches(declared.headline.key, headline_key(found) or "")
    for score in declared.scores:
        values = [value for key, value in found.items() if matches(score.key, key) and isinstance(value, float)]
        assert all(math.isnan(value) or score.range[0] - 1e-9 <= value <= score.range[1] + 1e-9 for value in values)


@pytest.mark.parametrize("name", names())
def test_refused_input_is_named_with_its_shape(name: str) -> None:
    call, message = REFUSED[name]
    with pytest.raises(UserError, match=message):
        call()


@pytest.mark.parametrize("name", names())
def test_the_declaration_is_complete(name: str) -> None:
    metric = declarations()[name]
    assert missing_fields(metric) == []
    assert all(set(score.configs) <= set(configs_of(name)) for score in metric.scores)
    assert configs_of(name)
    assert name in declarations_by_gin_name()


@pytest.mark.parametrize("name", names())
def test_the_docstring_explains_arguments_result_and_errors(name: str) -> None:
    function = metric_function(name)
    text = inspect.getdoc(function) or ""
    assert re.search(r"^Args:\n", text, re.MULTILINE)
    assert re.search(r"^Returns:\n", text, re.MULTILINE)
    assert re.search(r"^Raises:\n", text, re.MULTILINE)
    assert all(f"{argument}" in text for argument in inspect.signature(function).parameters)


def test_names_and_aliases_are_unique() -> None:
    aliases = [alias for metric in declarations().values() for alias in metric.aliases]
    assert len(set(aliases)) == len(aliases)
    assert not set(aliases) & set(names())


def test_a_key_has_one_direction() -> None:
    keys: dict[str, set[Any]] = {}
    for metric in declarations().values():
        for pattern, better in metric.keys.items():
            keys.setdefault(pattern, set()).add(better)
    assert {key for key, found in keys.items() if len(found) > 1} == set()
    assert direction("elapsed_time") is None
    assert direction("10000:mean_test_accuracy") == "high"
    assert direction("10:strong_generalization_gap") == direction("factor_leakage_mean") == "low"


@pytest.mark.parametrize(("keys", "expected"), [
    (["size", "explicitness", "disentanglement", "completeness", "informativeness"], "explicitness"),
    (["informativeness_train", "informativeness_test", "disentanglement", "completeness"], "disentanglement"),
    (["100:mean_test_accuracy", "10000:mean_test_accuracy", "1000:mean_test_accuracy"], "10000:mean_test_accuracy"),
    (["train_accuracy", "num_active_dims_true"], "train_accuracy"),
    (["train_accuracy", "eval_accuracy"], "eval_accuracy"),
    (["somebody's"], None)])
def test_results_are_quoted_by_the_headline_of_their_metric(keys: list[str], expected: str | None) -> None:
    assert headline_key(keys) == expected


def test_the_table_in_the_manual_is_that_of_the_declarations() -> None:
    manual = (ROOT / "docs" / "metrics.md").read_text()
    assert updated(manual) == manual, "run: python -m unbraid.evaluation.reporting.metric_table docs/metrics.md"


def test_a_function_of_another_name_is_not_declared() -> None:
    metric = Metric("one", "A 2000", "points", (Score("one", "One", "ones", (0, 1), "small", "none"),))
    with pytest.raises(ValueError, match="'one' is declared twice or for 'other'"):
        metric(other)


def other() -> None:
    """No metric."""


@pytest.mark.parametrize("name", [name for name in names() if declarations()[name].needs in FROM_POINTS])
def test_defaults_are_those_of_the_shipped_config(name: str) -> None:
    parameters = inspect.signature(metric_function(name)).parameters
    config = next((config for config in configs_of(name) if config in (name, f"{name}_metric")), configs_of(name)[0])
    text = (ROOT / "gin_configs" / "evaluation" / f"{config}.gin").read_text()
    bound = dict(re.findall(rf"^(?:{name}|discretizer|prune_dims)\.(\w+) = (.*)$", text, re.MULTILINE))
    for argument, value in bound.items():
        if argument in parameters and not value.startswith("@"):
            default = parameters[argument].default
            assert default == gin.config.parse_value(value) or list(default) == gin.config.parse_value(value)


def test_array_likes_of_other_kinds_give_the_same() -> None:
    import pandas as pd
    import torch

    expected = metrics.mig(SAMPLE[0], FACTORS)
    frame = pd.DataFrame({"shape": FACTORS[:, 0], "hue": np.array(["red", "green", "blue"])[FACTORS[:, 1]]})
    tensor = torch.tensor(SAMPLE[0], requires_grad=True)
    for codes, factors in ((SAMPLE[0].tolist(), FACTORS.tolist()), (tensor, frame), (SAMPLE[0], FACTORS / 2)):
        assert dict(metrics.mig(codes, factors)) == dict(expected)


def test_labels_of_text_agree_between_train_and_test() -> None:
    colours = np.array(["red", "green", "blue"])
    train = SAMPLE[0], colours[FACTORS]
    held = FACTORS[:, 0] == 2
    test = SAMPLE[0][held], colours[FACTORS[held]]  # whose first factor has a single value
    found = metrics.downstream_task(train, test, random_state=0)
    assert found["36:min_test_accuracy"] == 1


@pytest.mark.parametrize(("factors", "message"), [
    (np.where(BITS == 1, np.nan, BITS), r"factors, column 0 lacks the value of 2 of 4 points, the first in row 2"),
    ([[None], ["a"], ["b"], ["a"]], "factors, column 0 lacks the value of 1 of 4 points"),
    (np.array([[0.1], [0.25], [0.7], [0.9]]), "factors, column 0 is continuous: 4 different values in 4 points"),
    (np.zeros(4), r"factors have shape \(4,\); expected \(num_points, num_factors\)"),
    (np.zeros((4, 0)), r"factors have shape \(4, 0\)")])
def test_factors_that_cannot_be_used_are_named(factors: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        metrics.mig(BITS, factors)


@pytest.mark.parametrize(("codes", "message"), [
    (np.array([[0.0, np.inf]] * 4), r"codes of shape \(4, 2\) hold inf in row 0, column 1; expected finite numbers"),
    (np.array([["a", "b"]] * 4), r"codes of shape \(4, 2\) hold values that are not numbers"),
    ([[1, 2], [3]], "codes is a list that cannot be read as an array")])
def test_codes_that_cannot_be_used_are_named(codes: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        metrics.mig(codes, BITS)


def test_random_states_are_what_scikit_learn_takes_and_generators() -> None:
    def informed(state: Any) -> dict[str, Any]:
        return dict(metrics.infomec(SAMPLE[0], FACTORS, random_state=state, n_jobs=1))

    assert informed(3) == informed(np.int64(3)) == informed(np.random.RandomState(3))
    drawn = int(np.random.default_rng(3).integers(2**32))
    assert informed(np.random.default_rng(3)) == informed(drawn)
    generator = np.random.default_rng(3)
    assert as_random_state(generator).randint(2**31) != as_random_state(generator).randint(2**31)
    assert as_random_state(np.random) is as_random_state(None)
    with pytest.raises(UserError, match="random_state is 'now'; expected an integer"):
        informed("now")


def test_streams_of_other_bits_can_be_handed_out() -> None:
    first, second = (metrics.dci(SAMPLE, SAMPLE, random_state=np.random.RandomState(np.random.PCG64(3)), n_jobs=1)
                     for _ in range(2))
    assert dict(first) == dict(second)


@pytest.mark.parametrize("number", [0, -2, 1.5, "2", True])
def test_numbers_of_jobs_are_counts(number: Any) -> None:
    with pytest.raises(UserError, match=f"n_jobs is {number!r}; expected 1 or more"):
        metrics.dci(SAMPLE, SAMPLE, random_state=0, n_jobs=number)


OPTIONS_BY_METRIC = [(name, option) for name in names()
                     for option, parameter in inspect.signature(metric_function(name)).parameters.items()
                     if parameter.kind is inspect.Parameter.KEYWORD_ONLY and option not in ("random_state", "n_jobs")]


@pytest.mark.parametrize(("name", "option"), OPTIONS_BY_METRIC)
def test_options_of_another_type_are_named(name: str, option: str) -> None:
    with pytest.raises(UserError, match=rf"^{option} is <object .*; expected "):
        metric_function(name)(**{option: object()})


@pytest.mark.parametrize(("options", "message"), [
    ({"num_bins": "ten"}, "num_bins is 'ten'; expected a whole number of at least 1|from 1"),
    ({"num_bins": 0}, "num_bins is 0; expected a whole number"),
    ({"num_bins": 2.5}, r"num_bins is 2\.5; expected a whole number"),
    ({"discretizer": "histogram"}, "discretizer is 'histogram'; expected a function or class")])
def test_options_that_do_not_fit_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        metrics.mig(*SAMPLE, **options)


def test_an_estimator_in_place_of_its_class_is_told_apart() -> None:
    from sklearn.ensemble import RandomForestClassifier

    with pytest.raises(UserError, match=r"expected a function or class, such as lambda: RandomForestClassifier"):
        metrics.dci(SAMPLE, SAMPLE, random_state=0, predictor=RandomForestClassifier())
    with pytest.raises(UserError, match="batch_size is 1; expected a whole number of at least 2"):
        metrics.z_min_variance(*SAMPLE, random_state=0, batch_size=1)


def test_options_may_be_numbers_of_numpy() -> None:
    assert dict(metrics.mig(*SAMPLE, num_bins=np.int64(20))) == dict(metrics.mig(*SAMPLE))
    depths = metrics.dci_es(SAMPLE, SAMPLE, random_state=0, num_trees=2, max_depths=np.array([1, 4]))
    assert dict(depths) == dict(metrics.dci_es(SAMPLE, SAMPLE, random_state=0, num_trees=2, max_depths=[1, 4]))


def test_a_pair_is_asked_for_where_codes_are_given() -> None:
    with pytest.raises(UserError, match=r"train is an array of shape \(36, 2\); expected a pair \(codes, factors\)"):
        metrics.dci(*SAMPLE, random_state=0)


def test_a_split_is_disjoint_and_repeatable() -> None:
    places = np.arange(30)[:, np.newaxis]
    (train, _), (test, _) = metrics.split(places, places % 3, random_state=1)
    assert sorted([*train[:, 0], *test[:, 0]]) == list(range(30))
    assert len(test) == 10
    np.testing.assert_array_equal(metrics.split(places, places % 3, random_state=1)[0][0], train)
    with pytest.raises(UserError, match=r"test_size is 1, which leaves 30 of 30 points for the test"):
        metrics.split(places, places % 3, random_state=1, test_size=1)


def test_unknown_names_get_suggestions() -> None:
    with pytest.raises(AttributeError, match="Did you mean sap_score"):
        metrics.sap_scores  # noqa: B018
    assert metrics.sap is metrics.SAP is metrics.sap_score
    assert "mig" in dir(metrics)


def test_a_result_prints_as_a_table() -> None:
    lines = repr(metrics.mig(SAMPLE[0], FACTORS)).splitlines()
    assert lines == ["discrete_mig                  1.0000", "discrete_mig_varying_factors  1.0000",
                     "mutual_information: matrix (2, 2)"]
