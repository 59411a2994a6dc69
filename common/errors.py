"""Errors a user can act on.

Commands print these as one sentence and exit with status 2; anything else is a defect of unbraid and keeps
its traceback.  A message says what was given, what was expected, where, and what to do next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MOST_NAMES = 80  # a message lists no more


class UserError(ValueError):
    """Input that cannot be used as it was given."""


class ConfigurationError(UserError):
    """A gin file or binding that cannot be used."""


class UnknownNameError(UserError):
    """A name that no registered part carries."""

    def __init__(self, kind: str, name: object, valid_names: Iterable[str]):
        super().__init__(f"Unknown {kind} {str(name)!r}. {suggestion(str(name), valid_names)}")


class DataError(UserError):
    """A data file whose content is not what its format promises."""


class MissingDataError(DataError, FileNotFoundError):
    """A data file that is not there; the message holds the command that fetches it."""

    __str__ = ValueError.__str__  # FileNotFoundError would print errno and file name


class ExistingOutputError(UserError):
    """An output directory that already exists and may not be replaced."""


def suggestion(name: str, valid_names: Iterable[str]) -> str:
    """'Did you mean ...?' with the closest names, followed by all of them where a reader can take them in."""
    names = sorted(valid_names)
    by_lower = {candidate.lower(): candidate for candidate in names}
    close = [by_lower[match] for match in difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)]
    hint = f"Did you mean {' or '.join(close)}? " if close else ""
    if len(names) > MOST_NAMES:
        return f"{hint}There are {len(names)} names."
    return f"{hint}Valid names: {', '.join(names)}." if names else "There are none."
