"""The roles of a process: what ``run --roles`` may name, and what the environment enables."""

from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum

from bot.domain.errors import InputError
from bot.settings.files import Environment


class Role(StrEnum):
    """What a process does; each works alone, and meets the others only in the database."""

    POLL = "poll"
    READ = "read"
    WRITE = "write"
    SEND = "send"
    DISCORD = "discord"
    SLACK = "slack"
    WEB = "web"
    CARE = "care"


# The variable without which a role has nothing to serve.
NEEDS = {
    Role.DISCORD: "DISCORD_TOKEN",
    Role.SLACK: "SLACK_BOT_TOKEN",
    Role.WEB: "PORT",
}

# What they handle is rendered already: they start without what is told of.
WITHOUT_CONTENT = frozenset({Role.SEND, Role.CARE})

SHOWN_ROLES = ", ".join(Role)


def enabled_roles(environment: Environment) -> frozenset[Role]:
    """Return every role that the environment enables."""
    return frozenset(role for role in Role if _is_enabled(role, environment))


def parse_roles(text: str, environment: Environment) -> frozenset[Role]:
    """Return the roles of ``poll,read,…``.

    Raises InputError for a word that is no role, none at all, and a role that the
    environment does not enable.
    """
    words = _words(text)
    if not words:
        raise InputError(f"--roles names none: choose from {SHOWN_ROLES}.")
    roles = frozenset(map(_role, words))
    _check_enabled(roles, environment)
    return roles


def reads_content(text: str) -> bool:
    """Tell whether any of the roles of ``poll,read,…`` needs feeds, names and topics.

    It is asked before the settings are read, so that all their mistakes are told at once.
    """
    return not set(_words(text)) <= WITHOUT_CONTENT


def _words(text: str) -> list[str]:
    return [word.strip().lower() for word in text.split(",") if word.strip()]


def _role(word: str) -> Role:
    if word in set(Role):
        return Role(word)
    close = get_close_matches(word, list(Role), n=1)
    hint = f'did you mean "{close[0]}"?' if close else f"choose from {SHOWN_ROLES}."
    raise InputError(f'There is no role "{word}"; {hint}')


def _check_enabled(roles: Iterable[Role], environment: Environment) -> None:
    for role in sorted(roles):
        if not _is_enabled(role, environment):
            raise InputError(
                f'The role "{role}" needs {NEEDS[role]}: set it in the environment, '
                "or leave the role out of --roles."
            )


def _is_enabled(role: Role, environment: Environment) -> bool:
    variable = NEEDS.get(role)
    return variable is None or bool(getattr(environment, variable.lower()))
