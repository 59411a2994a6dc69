"""Bounded reading of small files: text that is UTF-8, JSON that is neither too large nor too deep."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from typing import Any

from ..checking.values import fits, in_words
from ..errors import UserError, shown
from .system_errors import sentence_of

MOST_BYTES = 1 << 28  # results of thousands of runs in one file stay below
MOST_DEPTH = 50
LARGEST = 2**1023  # whole numbers beyond are no floats


class UnreadableError(UserError):
    """A file that is not what was expected: no file, too large, not UTF-8, not JSON, or not of its schema."""


def read_bytes(path: str | os.PathLike[str], what: str = "a file", most_bytes: int = MOST_BYTES) -> bytes:
    """The content of a regular file.  Raises UnreadableError for anything else, and for more than `most_bytes`.

    A FIFO or a device is not opened: reading one may never end."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError(f"{path} is {_kind_of(status.st_mode)}; expected {what}.")
        if status.st_size > most_bytes:
            raise UnreadableError(f"{path} has {status.st_size:,} bytes; expected {what}, of at most {most_bytes:,}.")
        with open(path, "rb") as file:
            return file.read(most_bytes)
    except UnreadableError:
        raise
    except (OSError, ValueError) as error:  # a NUL in a path is a ValueError
        reason = sentence_of(error) if isinstance(error, OSError) else str(error)
        raise UnreadableError(f"{path} cannot be read: {reason}") from error


def read_text(path: str | os.PathLike[str], what: str = "text", most_bytes: int = MOST_BYTES) -> str:
    """The text of a file.  Raises UnreadableError where it is not UTF-8, too large, or no file."""
    content = read_bytes(path, what, most_bytes)
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path} is not UTF-8 text: byte {error.start} is 0x{content[error.start]:02x}; expected "
                              f"{what}. Save it again as UTF-8.") from error


def read_json(path: str | os.PathLike[str], schema: Mapping[str, Any] | None = None, what: str = "JSON",
              most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """A JSON object of a file.  schema: see `parse_json`.  Raises UnreadableError."""
    return parse_json(read_text(path, what, most_bytes), path, schema, what)


def parse_json(text: str, where: object, schema: Mapping[str, Any] | None = None,
               what: str = "JSON") -> dict[str, Any]:
    """A JSON object; the bare tokens NaN and Infinity of old files are read too.

    where: what the text is from, for errors.  schema: keys to annotations of their values; other keys may hold
    anything.  Raises UnreadableError for what is no object, nested too deeply, holds numbers beyond every float, or
    does not fit the schema."""
    try:
        values = json.loads(text)
    except RecursionError:
        raise UnreadableError(f"{where} is nested too deeply; expected {what} of at most {MOST_DEPTH} levels."
                              ) from None
    except ValueError as error:
        raise UnreadableError(f"{where} cannot be read as {what}: {error}.") from error
    if not isinstance(values, dict):
        raise UnreadableError(f"{where} holds a JSON {type(values).__name__} where an object was expected.")
    _check_depth_and_numbers(values, where)
    if schema is not None:
        check_schema(values, schema, where)
    return values


def check_schema(values: Mapping[Any, Any], schema: Mapping[str, Any], where: object) -> None:
    """Raises UnreadableError for the first key whose value does not fit its annotation; keys may be missing."""
    for key, annotation in schema.items():
        if key in values and not fits(values[key], annotation):
            raise UnreadableError(f"{where}: {shown(key)} is {shown(values[key])}; expected {in_words(annotation)}.")


def _check_depth_and_numbers(values: Any, where: object) -> None:
    level = [values]
    for _ in range(MOST_DEPTH):
        below: list[Any] = []
        for value in level:
            if isinstance(value, (dict, list)):
                below.extend(value.values() if isinstance(value, dict) else value)
            elif isinstance(value, int) and not -LARGEST < value < LARGEST:
                raise UnreadableError(f"{where} holds the number {shown(value, 40)}, which no float can hold.")
        if not below:
            return
        level = below
    raise UnreadableError(f"{where} is nested too deeply; expected at most {MOST_DEPTH} levels.")


def _kind_of(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
             stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "no file")


