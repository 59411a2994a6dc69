from __future__ import annotations

import pytest

from unbraid.common.configuration.parsing import configured
from unbraid.common.errors import UnknownNameError
from unbraid.common.registry import Registry, import_members


def make_registry() -> Registry[int]:
    numbers: Registry[int] = Registry("number")
    numbers.register("one", "eins")(1)
    numbers.register("two")(2)
    return numbers


def test_a_part_is_found_under_each_of_its_names() -> None:
    numbers = make_registry()
    assert (numbers["one"], numbers["eins"], numbers["two"]) == (1, 1, 2)
    assert list(numbers) == ["eins", "one", "two"]


def test_an_unknown_name_gets_suggestions_and_the_list() -> None:
    message = r"Unknown number 'Onee'\. Did you mean one\? Valid names: eins, one, two\."
    with pytest.raises(UnknownNameError, match=message):
        make_registry()["Onee"]


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="number 'two' is registered twice"):
        make_registry().register("two")(3)


def test_members_register_with_gin_while_a_configuration_is_in_use(tmp_path, monkeypatch):
    package = tmp_path / "late_parts"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "part.py").write_text("import gin\n\n@gin.configurable\ndef late_part():\n    return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    with configured():
        assert import_members("late_parts") == ["late_parts.part"]
