from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import gin
import pytest

from unbraid.common.configuration import gin_internals
from unbraid.common.configuration.parsing import (
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
    (["toy.size = "], r"gin cannot read '(toy\.size = )?' \(bindings, line 1\): Unable to parse value\."),
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
    message = r"The gin parameter toy\.size must be given: .*bindings=\[\"toy\.size = \.\.\.\"\]"
    with pytest.raises(ConfigurationError, match=message), configured():
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


ENCODINGS = {"plain": "utf-8", "mark": "utf-8-sig", "utf-16": "utf-16", "big-endian": "utf-16"}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("included", [False, True])
def test_files_are_read_as_editors_save_them(tmp_path: Path, encoding: str, newline: str, included: bool) -> None:
    text = f"# réglages{newline}toy.size = 3{newline}"
    data = b"\xfe\xff" + text.encode("utf-16-be") if encoding == "big-endian" else text.encode(ENCODINGS[encoding])
    (tmp_path / "toy.gin").write_bytes(data)
    (tmp_path / "top.gin").write_text("include 'toy.gin'\n")
    with configured([tmp_path / ("top.gin" if included else "toy.gin")]):
        assert bound("toy.size") == 3


@pytest.mark.parametrize("included", [False, True])
def test_another_encoding_is_one_sentence(tmp_path: Path, included: bool) -> None:
    (tmp_path / "toy.gin").write_bytes("toy.size = 1\n# réglages\n".encode("latin-1"))
    (tmp_path / "top.gin").write_text("include 'toy.gin'\n")
    with pytest.raises(ConfigurationError, match=r"toy\.gin is not UTF-8 text: line 2 has the byte 0xe9"), \
            configured([tmp_path / ("top.gin" if included else "toy.gin")]):
        pass


@pytest.mark.parametrize("value", ["dsprites_full", "data/my.npz", "my-set", "/x/y.npz"])
def test_texts_without_quotes_get_a_sentence(value: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"written in quotes, as in toy\.colour = '{value}'"), \
            configured([], [f"toy.colour = {value}"]):
        pass
    with pytest.raises(ConfigurationError, match="blue is no value; texts are written in quotes"), \
            configured([], ["toy.colour = [blue]"]):
        pass


def test_bindings_of_other_commands_are_skipped_but_misspelt_ones_are_not() -> None:
    with configured([], ["toy.size = 2", "scope/local_sample_factors.denylist_factors = []"]):
        assert bound("toy.size") == 2
    with pytest.raises(ConfigurationError, match="gin knows no configurable 'local_sample_factor'"), \
            configured([], ["local_sample_factor.denylist_factors = []"]):
        pass


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module that registers `own_size`, in a folder of its own; forgotten afterwards."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "own_sizes.py").write_text(
        "import gin\n@gin.configurable('own_size', module='own')\ndef own_size(value=1):\n    return value\n")
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "own"
    for name in [name for name in sys.modules if name.startswith("own_")]:
        del sys.modules[name]
    for name in [name for name in gin_internals.configurables() if name.startswith("own.")]:
        gin_internals.forget(name)


@pytest.mark.parametrize("where", ["beside the file", "in the working directory", "in bindings"])
def test_own_modules_are_found(own_module: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    text, path = "import own_sizes\nown_size.value = 7\n", list(sys.path)
    (own_module / "toy.gin").write_text(text)
    (own_module.parent / "toy.gin").write_text(text)
    if where != "beside the file":
        monkeypatch.chdir(own_module)
    files = {"beside the file": [own_module / "toy.gin"], "in the working directory": [own_module.parent / "toy.gin"],
             "in bindings": []}[where]
    with configured(files, text.splitlines() if where == "in bindings" else []):
        assert bound("own_size.value") == 7
    assert sys.path == path


BROKEN = {
    "import nothing_like_it": r"imports 'nothing_like_it' \(.*toy\.gin, line 1\), which is neither beside it nor in",
    "import own_needy": r"own_needy\.py, line 2, imports tensorflow, which is not installed; unbraid has no TensorFlow",
    "import own_error": r"own_error\.py, line 1, cannot be imported: ZeroDivisionError: division by zero",
    "import own_syntax": r"own_syntax\.py, line 1, is not Python",
}


@pytest.mark.parametrize("statement", BROKEN)
def test_modules_that_cannot_be_imported_are_one_sentence(own_module: Path, statement: str) -> None:
    if statement == "import own_needy" and importlib.util.find_spec("tensorflow"):
        pytest.skip("TensorFlow is installed")
    (own_module / "own_needy.py").write_text("import gin\nimport tensorflow\n")
    (own_module / "own_error.py").write_text("1 / 0\n")
    (own_module / "own_syntax.py").write_text("def (:\n")
    (own_module / "toy.gin").write_text(statement + "\n")
    with pytest.raises(ConfigurationError, match=BROKEN[statement]) as caught, configured([own_module / "toy.gin"]):
        pass
    assert "\n" not in str(caught.value)


def test_two_modules_of_one_name_are_refused(own_module: Path) -> None:
    (own_module / "toy.gin").write_text("import own_sizes\n")
    (own_module.parent / "own_sizes.py").write_text("")
    (own_module.parent / "toy.gin").write_text("import own_sizes\n")
    with configured([own_module / "toy.gin"]):
        pass
    with pytest.raises(ConfigurationError, match="Two modules are called own_sizes"), \
            configured([own_module.parent / "toy.gin"]):
        pass
