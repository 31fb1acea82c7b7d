"""Regular expressions of chat users: RE2 takes time in proportion to the text, never more."""

import unicodedata
from functools import lru_cache
from typing import Any

import re2

from bot.domain.errors import InputError

# Nobody writes a longer one by hand.
LONGEST_PATTERN = 200

# What a compiled pattern may take in memory, bytes: a word list has some kilobytes, and what
# repeats repetitions has megabytes.
MOST_MEMORY = 256 * 1024

# Compiled patterns kept: those of some hundred subscriptions.
MOST_KEPT = 500


def check_pattern(pattern: str) -> str:
    """Return the pattern; raises InputError that says what is wrong in it, and the mend."""
    if len(pattern) > LONGEST_PATTERN:
        raise InputError(
            f"The expression /{pattern[:20]}…/ has {len(pattern)} characters: "
            f"write {LONGEST_PATTERN} at most."
        )
    try:
        compiled = _compile(pattern)
    except re2.error as error:
        raise InputError(
            f"The expression /{pattern}/ cannot be read{_place(pattern, error)}: {_told(error)}. "
            "Write it in the syntax of RE2, or the words without slashes."
        ) from error
    if compiled.search("") is not None:
        raise InputError(
            f"The expression /{pattern}/ matches everything: write what must be there."
        )
    return pattern


def finds(pattern: str, text: str) -> bool:
    """Tell whether a pattern is found in a text; upper and lower case, and width, are one."""
    return _compile(pattern).search(unicodedata.normalize("NFKC", text)) is not None


@lru_cache(MOST_KEPT)
def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = MOST_MEMORY
    return re2.compile(unicodedata.normalize("NFKC", pattern), options)


def _told(error: Exception) -> str:
    found = error.args[0] if error.args else error
    return found.decode(errors="replace") if isinstance(found, bytes) else str(found)


def _place(pattern: str, error: Exception) -> str:
    """Return where in the pattern the error is, where RE2 quotes a part that stands there once."""
    part = _told(error).rpartition(": ")[2]
    return f" at character {pattern.index(part) + 1}" if pattern.count(part) == 1 else ""
