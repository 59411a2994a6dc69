"""Commands as text that a reader can take in and a shell can run."""

from __future__ import annotations

import shlex
from collections.abc import Iterable


def command_line(words: Iterable[str]) -> str:
    """The words joined; one with single quotes inside, such as a gin binding, is put in double quotes."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    if "'" in word and not set(word) & set('"$`\\!'):
        return f'"{word}"'
    return shlex.quote(word)
