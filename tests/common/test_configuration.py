from __future__ import annotations

from pathlib import Path

import gin
import pytest

from unbraid.common.configuration import (
    CONFIG_ROOT,
    bind,
    bound,
    config_values,
    configured,
    find_config,
    operative_config,
)
from unbraid.common.errors import ConfigurationError


@gin.configurable("toy", denylist=["given"])
def toy(given: int, size: int = gin.REQUIRED, colour: str = "red", tags: tuple[str, ...] = ()) -> str:
    return f"{given} {size} {colour}"


def test_bindings_win_over_files_and_gin_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "toy.gin").write_text("toy.size = 1\ntoy.colour = 'blue'\n")
    with configured([tmp_path / "toy.gin"], ["toy.size = 2"]):
        assert toy(0) == "0 2 blue"
        assert bound("toy.size") == 2
        bind("toy.size", 3)
        assert toy(0) == "0 3 blue"
    assert bound("toy.size", "none") == "none"


def test_gin_is_cleared_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), configured([], ["toy.size = 1"]):
        raise ZeroDivisionError
    assert bound("toy.size") is None


def test_a_configuration_inside_another_leaves_it_as_it_was() -> None:
    with configured([], ["toy.size = 1", "toy.colour = 'blue'"]):
        toy(0)
        before = operative_config()
        with configured([], ["toy.size = 2"]):
            assert toy(0) == "0 2 red"
        assert toy(0) == "0 1 blue"
        assert operative_config() == before
        with pytest.raises(ConfigurationError), configured([], ["toy.sise = 3"]):
            pass
        assert bound("toy.size") == 1
    assert bound("toy.size") is None


def test_includes_are_found_beside_the_file_that_includes_them(tmp_path: Path) -> None:
    for folder, size in (("a", 1), ("b", 2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "base.gin").write_text(f"toy.size = {size}\n")
        (tmp_path / folder / "top.gin").write_text("include 'base.gin'\n")
    for folder, size in (("a", 1), ("b", 2), ("a", 1)):
        with configured([tmp_path / folder / "top.gin"]):
            assert bound("toy.size") == size


@pytest.mark.parametrize(("bindings", "message"), [
    (["toyy.size = 1"], r"gin knows no configurable 'toyy' \(binding 1\)\. Did you mean toy\?"),
    (["toy.size = @toyy"], r"gin knows no configurable 'toyy'"),
    (["toy.sise = 1"], r"'toy' has no gin parameter 'sise' \(binding 1\)\. Did you mean size\? Valid names: colour"),
    (["toy.given = 1"], r"toy\.given is given at run time and cannot be set by gin"),
    (["toy.size = "], r"gin cannot read '' \(bindings, line 1\): Unable to parse value\."),
    (["include 'nowhere.gin'"], r"includes 'nowhere\.gin', which is neither beside it nor"),
])
def test_what_is_wrong_is_named(bindings: list[str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message), configured([], bindings):
        pass


def test_the_line_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "toy.gin").write_text("toy.size = 1\ntoy.colur = 'blue'\n")
    with pytest.raises(ConfigurationError, match=r"no gin parameter 'colur' \(.*toy\.gin, line 2\)"), \
            configured([tmp_path / "toy.gin"]):
        pass


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"The gin parameter toy\.size must be given.*'toy\.size = \.\.\.'"), \
            configured():
        toy(0)


def test_a_long_value_stays_on_one_line() -> None:
    tags, before = tuple(f"a rather long tag number {number}" for number in range(20)), gin.operative_config_str()
    with configured([], ["toy.size = 1", f"toy.tags = {tags}"]):
        toy(0)
        values = config_values(operative_config())
    assert values == {"toy.colour": "'red'", "toy.size": "1", "toy.tags": str(tags)}
    assert gin.operative_config_str() == before


def test_shipped_configs_are_found_by_name() -> None:
    assert find_config("mig") == CONFIG_ROOT / "evaluation" / "mig.gin"
    assert find_config("evaluation/mig.gin") == CONFIG_ROOT / "evaluation" / "mig.gin"
    with pytest.raises(ConfigurationError, match=r"no gin config 'migg'.*Did you mean mig or .*--list"):
        find_config("migg")
