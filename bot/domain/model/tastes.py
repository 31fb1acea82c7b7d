"""What a subscription wants to read: filters, length, and what is told at once."""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from bot.domain.model.words import Issue


class Length(StrEnum):
    """How much of each story is told: its headline alone, half a summary, or a whole one."""

    HEADLINES = "headlines"
    BRIEF = "brief"
    FULL = "full"


@dataclass(frozen=True, kw_only=True, slots=True)
class Expression:
    """A word or phrase that is looked for as it is written, or (``is_pattern``) an RE2 pattern."""

    text: str
    is_pattern: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """Which stories a subscription wants; an empty list lets all through.

    ``issues`` stand in the order in which they are liked. ``prefer`` are told first and
    leave nothing out. ``outlets`` are ids of cards or outlets' names, ``countries`` ISO
    3166-1 and ``languages`` ISO 639-1 codes: one report of a story must fit all three.
    ``min_outlets`` counts independent outlets. ``peripheral``: also what only touches the topic.
    """

    issues: tuple[Issue, ...] = ()
    prefer: tuple[Issue, ...] = ()
    outlets: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    include: tuple[Expression, ...] = ()
    exclude: tuple[Expression, ...] = ()
    min_outlets: int = 1
    peripheral: bool = False


NO_FILTERS = Filters()


@dataclass(frozen=True, kw_only=True, slots=True)
class Quiet:
    """Local times of day between which nothing is told at once; it may span midnight."""

    start: time
    end: time


@dataclass(frozen=True, kw_only=True, slots=True)
class Breaking:
    """A story is told at once when so many independent outlets report it within the minutes."""

    outlets: int
    minutes: int
    quiet: Quiet | None = None
