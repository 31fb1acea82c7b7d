"""People: who owns the instance, and what is stored of anyone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.errors import ForbiddenError

SHAPE = re.compile(r"(discord|slack):(?:([A-Za-z0-9]+)/)?([A-Za-z0-9]+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Someone who asks, on a platform and in a workspace of it."""

    platform: str
    workspace: str
    user: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Admin:
    """Someone who may change the instance; ``workspace`` None stands for any."""

    platform: str
    user: str
    workspace: str | None = None

    def is_(self, person: Person) -> bool:
        """Tell whether the person is this admin."""
        return (
            self.platform == person.platform
            and self.user == person.user
            and self.workspace in {None, person.workspace}
        )


def parse_admin(text: str) -> Admin:
    """Return the admin of ``discord:USER``, ``slack:USER`` or ``slack:TEAM/USER``.

    Slack promises that a user's id is unique within a workspace only: with several of them
    the team should be named. Raises ValueError.
    """
    match = SHAPE.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            f'"{text.strip()[:80]}" names no admin; allowed is platform:user, such as '
            "discord:80351110224678912 or slack:T024BE7LD/U023BECGF."
        )
    return Admin(platform=match[1], workspace=match[2], user=match[3])


@dataclass(frozen=True, kw_only=True, slots=True)
class Operator:
    """Whoever has the command line: the instance is theirs."""


def check_admin(admins: Iterable[Admin], by: Person | Operator) -> None:
    """Raise ForbiddenError unless they may change what belongs to the instance."""
    if isinstance(by, Person) and not any(admin.is_(by) for admin in admins):
        raise ForbiddenError(
            "Only the admins of this Strait change its feeds, topics and names: "
            "ask whoever runs it (they are named in STRAIT_ADMINS)."
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Forgotten:
    """What was removed of a person: direct subscriptions and messages, and their name.

    ``unnamed`` counts the subscriptions and installations that no longer say who made them.
    """

    subscriptions: int
    messages: int
    unnamed: int

    @property
    def nothing(self) -> bool:
        """Whether nothing was stored of the person."""
        return not (self.subscriptions or self.messages or self.unnamed)
