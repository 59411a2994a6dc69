"""Text and JSON from outside: bounded, UTF-8, of their schema."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from unbraid.common.disk.reading import UnreadableError, check_schema, parse_json, read_json, read_text
from unbraid.common.errors import UserError, one_sentence, shown


@pytest.mark.parametrize(("text", "message"), [
    ("[1]", "holds a JSON list where an object was expected"),
    ("{", "cannot be read as JSON"),
    ("[" * 100_000, "nested too deeply"),
    ('{"a": ' * 60 + "1" + "}" * 60, "nested too deeply; expected at most 50 levels"),
    ('{"a": ' + "9" * 400 + "}", "holds the number 9+.*which no float can hold"),
    ('{"a": ' + "9" * 5000 + "}", "cannot be read as JSON"),
    ('{"uuid": [1]}', r"'uuid' is \[1\]; expected text in quotes"),
    ('{"uuid": "' + "x" * 10 + '\\u0000"', "cannot be read as JSON"),
])
def test_json_that_is_not_what_was_expected_is_one_sentence(text: str, message: str) -> None:
    with pytest.raises(UnreadableError, match=f"the file.*{message}"):
        parse_json(text, "the file", {"uuid": str})


def test_json_of_its_schema_is_read_and_other_keys_may_hold_anything(tmp_path: Path) -> None:
    values: dict[str, Any] = {"uuid": "a", "mig": float("nan"), "more": {"a": [1, None]}}
    (tmp_path / "a.json").write_text(json.dumps(values))
    assert str(read_json(tmp_path / "a.json", {"uuid": str, "absent": int})) == str(values)
    check_schema(values, {"mig": object}, "")


@pytest.mark.parametrize("name", ["fifo", "folder", "/dev/zero", "nothing", "loop", "a\0b", "large"])
def test_what_is_no_file_to_read_is_named_and_not_opened(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "large").write_bytes(bytes(101))
    with pytest.raises(UnreadableError, match=r"expected a note|cannot be read"):
        read_text(tmp_path / name, "a note", 100)


def test_text_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"gr\xfc\xdfe")
    with pytest.raises(UnreadableError, match=r"a\.txt is not UTF-8 text: byte 2 is 0xfc; expected a note"):
        read_text(tmp_path / "a.txt", "a note")


@pytest.mark.parametrize(("message", "sentence"), [
    ("a\nb  c:", "a b c."), ("x" * 10_000, None), ("\x1b[31mred\x07", r"\x1b[31mred\x07."), ("Done!", "Done!"),
    ("", ""), ("wrong\n  In call to configurable 'mig'", "wrong."), ("\udc80", r"\xdc80.")])
def test_every_message_is_one_short_sentence(message: str, sentence: str | None) -> None:
    found = one_sentence(message)
    assert found == (found if sentence is None else sentence)
    assert len(found) < 5000
    assert str(UserError(message)) == found
    assert one_sentence(found) == found


def test_a_value_is_shown_whatever_it_is() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert len(shown("x" * 10_000)) < 300
    assert "cannot be shown" in shown(10**5000)
    assert "cannot be shown" in shown(deep)
