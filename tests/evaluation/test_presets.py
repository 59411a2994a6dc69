"""Presets: every number pinned, listed by one line each, chosen by default, wrong names answered with suggestions."""

from __future__ import annotations

import argparse
import inspect

import gin
import pytest

from unbraid.common.configuration import gin_internals
from unbraid.common.configuration.parsing import bound, configured, find_config
from unbraid.evaluation.__main__ import build_parser, chosen_preset, main
from unbraid.evaluation.protocol.evaluate import load_metrics
from unbraid.evaluation.protocol.presets import metrics, metrics_of_preset, presets

load_metrics()
WANTED = {"dlib_2019", "challenge_2019", "jl1_2021", "clgvae_2021", "cfasl_2024", "mipet_2026", "disent_fast",
          "infomec_2023", "disdiff_2023"}


def test_there_is_a_preset_for_each_paper() -> None:
    assert set(presets()) >= WANTED


@pytest.mark.parametrize("name", presets())
def test_every_number_of_a_preset_is_pinned(name: str) -> None:
    left_open = {}
    for metric in metrics_of_preset(name):
        with configured([metric]):
            function = bound("evaluation.evaluation_fn").scoped_configurable_fn
            registered = gin_internals.configurable_of(bound("evaluation.evaluation_fn").selector)
            parameters = set(inspect.signature(inspect.unwrap(function)).parameters) - set(registered.denylist)
            left_open |= {f"{metric}.{parameter}": "not bound" for parameter in parameters if not is_bound(
                f"{bound('evaluation.evaluation_fn').selector.split('.')[-1]}.{parameter}")}
            assert is_bound("evaluation.random_seed")
    assert not left_open


def is_bound(name: str) -> bool:
    try:
        gin.query_parameter(name)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", presets())
def test_presets_and_their_metrics_say_what_they_are(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(presets()[name]) > 20
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(["--list", name])
    assert ended.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == metrics_of_preset(name)


def test_the_list_names_presets_and_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["--list"])
    text = capsys.readouterr().out
    assert all(f"  {name} " in text for name in (*presets(), *metrics()))
    line = next(line for line in text.splitlines() if line.startswith("  factor_leakage "))
    assert line.endswith("with 10,000 points. [0, 1], low")


def test_an_unknown_preset_is_answered_with_suggestions(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--list", "cfasl"])
    assert ended.value.code == 2
    assert "Unknown preset 'cfasl'. Did you mean cfasl_2024?" in capsys.readouterr().err


@pytest.mark.parametrize(("options", "preset"), [
    ({}, "dlib_2019"), ({"preset": "cfasl_2024"}, "cfasl_2024"), ({"gin_config": ["mig"]}, None),
    ({"gin_bindings": ["mig.num_train = 10"]}, "dlib_2019"),
    ({"gin_bindings": ["evaluation.evaluation_fn = @mig"]}, None),
    ({"preset": "jl1_2021", "gin_config": ["mig"]}, "jl1_2021")])
def test_the_default_preset_stands_in_where_no_metric_is_chosen(options: dict, preset: str | None) -> None:
    given = {"preset": None, "gin_config": [], "gin_bindings": []} | options
    assert chosen_preset(argparse.Namespace(**given)) == preset


def test_names_of_metrics_stay_unambiguous() -> None:
    for metric in ("mig", "dci", "sap_score", "irs", *metrics_of_preset("cfasl_2024")):
        assert find_config(metric).stem == metric
