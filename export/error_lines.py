"""The part of a runtime's long error that says what is wrong."""

from __future__ import annotations

import re

LONGEST = 300  # characters of a message
# Lines that runtimes add to every error.
BOILERPLATE = re.compile(r"Please fix either|PythonDispatcher|registered at|Traceback|The following operation failed|"
                         r"^File |<--- HERE|^[~^]+$|^\.\.\.|Exception raised from|^frame #|serialized code|^Debug info")
ERROR = re.compile(r"^(?:builtins\.|torch\.)?\w*Error: (.+)")
CONTINUED = re.compile(r"^(index|got|expected)\b", re.IGNORECASE)  # details that belong to the line before


def telling_line(error: BaseException | None) -> str:
    """One line: the last "...Error: ..." inside the message, else its first line with details that follow it."""
    lines = [line.strip() for line in str(error or "").splitlines() if line.strip()]
    lines = [line for line in lines if not BOILERPLATE.search(line)]
    inner = [match[1] for line in lines if (match := ERROR.match(line))]
    if inner:
        return inner[-1][:LONGEST]
    if not lines:
        return type(error).__name__
    details = [line for line in lines[1:4] if CONTINUED.match(line)]
    return " ".join([lines[0], *details])[:LONGEST]
