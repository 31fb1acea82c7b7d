"""What a story's reports show beside its summary: whose words, whose numbers, how alive it is."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, kw_only=True, slots=True)
class TermUse:
    """A name of a contested thing, and the outlets that use it.

    ``written`` are its spellings as the reports have them; ``label`` is the name in the
    reader's language.
    """

    outlets: tuple[str, ...]
    written: tuple[str, ...]
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TermsDiffer:
    """A contested thing that the outlets call by different names. ``name`` is in house style."""

    name: str
    uses: tuple[TermUse, ...]


class Teller(StrEnum):
    """Who is said to have counted, where a report names two counts of the same thing."""

    POLICE = "police"
    ORGANISERS = "organisers"
    NOBODY = ""


class Counted(StrEnum):
    """What reports count, where their counts can be compared with certainty."""

    KILLED = "killed"
    INJURED = "injured"
    MISSING = "missing"
    ARRESTED = "arrested"
    ATTENDED = "attended"
    PLAINTIFFS = "plaintiffs"
    MISSILES = "missiles"
    MAGNITUDE = "magnitude"


@dataclass(frozen=True, kw_only=True, slots=True)
class CountTold:
    """A number (decimal digits), who counted, and who tells it.

    ``reports`` are entry ids where it was found, numbers of sources in a digest item.
    """

    value: str
    reports: tuple[int, ...]
    teller: Teller = Teller.NOBODY


@dataclass(frozen=True, kw_only=True, slots=True)
class CountsDiffer:
    """The same thing, counted differently; ``told`` has two or more."""

    what: Counted
    told: tuple[CountTold, ...]


class StoryStatus(StrEnum):
    """How alive a story is; ``bot.domain.life`` has the rule."""

    DEVELOPING = "developing"
    TODAY = "today"
    QUIET = "quiet"
    SETTLED = "settled"
