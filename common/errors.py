"""Errors a user can act on.

Commands print these as one sentence and exit with status 2; anything else is a defect of unbraid and keeps
its traceback.  A message says what was given, what was expected, where, and what to do next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MOST_NAMES = 80  # a message lists no more
MOST_CHARACTERS = 4000  # of a message; names and values from files can be megabytes long
GIN_TRAIL = "\n  In call to configurable"  # gin appends which functions an error passed through
MARGIN = 50
ENDS = (".", "!", "?", ")", "'", '"', "`")


class UserError(ValueError):
    """Input that cannot be used as it was given.  The message becomes one sentence, see `one_sentence`."""

    def __init__(self, message: object = ""):
        super().__init__(one_sentence(message))


class ConfigurationError(UserError):
    """A gin file or binding that cannot be used."""


class UnknownNameError(UserError):
    """A name that no registered part carries."""

    def __init__(self, kind: str, name: object, valid_names: Iterable[str], hint: str = ""):
        """hint: a sentence on what the name is instead, with a space after it."""
        super().__init__(f"Unknown {kind} {shown(str(name))}. {hint}{suggestion(str(name), valid_names)}")


class DataError(UserError):
    """A data file whose content is not what its format promises."""


class MissingDataError(DataError, FileNotFoundError):
    """A data file that is not there; the message holds the command that fetches it."""

    __str__ = ValueError.__str__  # FileNotFoundError would print errno and file name


class ExistingOutputError(UserError):
    """An output directory that already exists and may not be replaced."""


def one_sentence(message: object) -> str:
    """`message` on one line, safe to print: control characters escaped, too much of it left out in the middle.

    Messages quote what files hold, so that they may contain line breaks, terminal escapes or megabytes of text."""
    text = str(message).split(GIN_TRAIL)[0]
    text = clipped(" ".join(text[: 100 * MOST_CHARACTERS].split()), MOST_CHARACTERS)
    text = "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)
    text = text.rstrip(" :;,")
    return text if not text or text.endswith(ENDS) else f"{text}."


def clipped(text: str, most: int) -> str:
    """`text` with at most about `most` characters; what is left out is counted where it stood."""
    if len(text) <= most + MARGIN:  # what is left out is worth its mark
        return text
    return f"{text[: most * 2 // 3]} [... {len(text) - most:,} characters ...] {text[-(most // 3):]}"


def shown(value: object, most: int = 200) -> str:
    """`repr` of a value from outside, short enough to stand in a sentence."""
    try:
        return clipped(repr(value), most)
    except Exception as error:  # too deep, an integer with too many digits, or a repr of somebody else's
        return f"a {type(value).__name__} that cannot be shown ({type(error).__name__})"


def suggestion(name: str, valid_names: Iterable[str]) -> str:
    """'Did you mean ...?' with the closest names, followed by all of them where a reader can take them in."""
    names = sorted(valid_names)
    by_lower = {candidate.lower(): candidate for candidate in names}
    close = [by_lower[match] for match in difflib.get_close_matches(name[:200].lower(), by_lower, n=3, cutoff=0.6)]
    hint = f"Did you mean {' or '.join(close)}? " if close else ""
    if len(names) > MOST_NAMES:
        return f"{hint}There are {len(names)} names."
    return f"{hint}Valid names: {', '.join(names)}." if names else "There are none."
