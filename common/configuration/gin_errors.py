"""gin's own errors, each as one sentence with suggestions, file and line."""

from __future__ import annotations

import contextlib
import inspect
import re
import tokenize
from collections.abc import Iterator

from ..commands.wording import in_command
from ..errors import ConfigurationError, UserError, clipped, shown, suggestion
from . import gin_internals
from .bindings import missing_parameters
from .gin_files import with_quotes

LONGEST_LINE = 200  # that a message quotes


@contextlib.contextmanager
def explained(while_reading: bool = False) -> Iterator[None]:
    """Turns gin's errors into ConfigurationErrors of one sentence, with suggestions, and leaves ours as they were.

    while_reading: every error is explained, since what is read is the user's: syntax that gin stumbles over, imports
    that fail.  Otherwise only those that gin itself raises."""
    try:
        yield
    except UserError as error:
        raise gin_internals.without_stack(error) from error.__cause__
    except (Exception, RecursionError) as error:
        explanation = explain(error) or (_about_reading(error) if while_reading else None)
        if explanation is None:
            raise
        raise ConfigurationError(explanation) from error


def _about_reading(error: BaseException) -> str:
    """A sentence for what goes wrong while a gin file is parsed or an import of it runs."""
    text = str(error).split(gin_internals.STACK)[0]
    if isinstance(error, ImportError):
        return (f"gin cannot import what the configuration asks for{_location(str(error))}: {text}. Expected the name "
                "of an installed module, or of one in a folder of PYTHONPATH.")
    if isinstance(error, RecursionError):
        return "gin cannot read the configuration: a file includes itself, or a value is nested too deeply."
    if isinstance(error, tokenize.TokenError):
        return f"gin cannot read the configuration: a bracket or a text is never closed ({text})."
    return f"gin cannot read the configuration{_location(str(error))}: {type(error).__name__}: {text}"


def explain(error: BaseException) -> str | None:
    """One sentence for an error that gin raised, None for any other."""
    text = str(error)
    if match := gin_internals.UNKNOWN_NAME.search(text):
        name = match[1].split("/")[-1]
        return f"gin knows no configurable {name!r}{_location(text)}. {suggestion(name, _configurable_names())}"
    if match := gin_internals.UNKNOWN_PARAMETER.search(text):
        return (f"{match[1]!r} has no gin parameter {match[2]!r}{_location(text)}. "
                + suggestion(match[2], _parameter_names(match[1])))
    if match := gin_internals.MISSING_PARAMETERS.search(text):
        return missing_parameters([f"{match[1]}.{name}" for name in re.findall(r"'([^']+)'", match[2])])
    if match := gin_internals.DENIED_PARAMETER.search(text):
        return (f"{match[1]}.{match[2]} is given at run time and cannot be set by gin{_location(text)}. "
                f"Parameters that can: {', '.join(_parameter_names(match[1]))}.")
    if isinstance(error, SyntaxError) and (quoted := with_quotes((error.text or "")[:LONGEST_LINE])):
        return (f"gin cannot read {shown(error.text)} ({error.filename or 'bindings'}, line {error.lineno}): texts are "
                f"written in quotes, as in {quoted}. {_in_a_shell(quoted)}".rstrip())
    if isinstance(error, SyntaxError):
        token = gin_internals.BAD_TOKEN.search(error.msg)
        reason = (f"{clipped(token[1], 100)} is no value; texts are written in quotes" if token
                  else clipped(error.msg, 300).rstrip("."))
        return f"gin cannot read {shown(error.text)} ({error.filename or 'bindings'}, line {error.lineno}): {reason}."
    if isinstance(error, OSError) and (match := gin_internals.NO_SUCH_FILE.match(text)):
        return f"A gin config includes {match[1]!r}, which is neither beside it nor among the shipped configs."
    return None


def _in_a_shell(quoted: str) -> str:
    """What becomes of quotes at a terminal; nothing for somebody in Python."""
    return f'A shell takes the outer quotes away: --gin_bindings "{quoted}".' if in_command() else ""


def _location(text: str) -> str:
    """Where gin says a mistake is, in brackets."""
    if match := gin_internals.IN_FILE.search(text):
        return f" ({match[1]}, line {match[2]})"
    if match := gin_internals.IN_BINDINGS.search(text):
        return f" (binding {match[1]})"
    return ""


def _configurable_names() -> set[str]:
    # Selectors are module-qualified; a user writes the last part.
    return {selector.split(".")[-1] for selector in gin_internals.configurables() if not selector.startswith("gin.")}


def _parameter_names(configurable: str) -> list[str]:
    found = gin_internals.configurable_of(configurable)
    return [] if found is None else gin_internals.parameters_of(found, inspect.signature(found.wrapped).parameters)
