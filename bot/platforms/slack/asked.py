"""What people can ask for with the slash command."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.commands.search import SearchOptions
from bot.commands.tastes import NO_WORDS, TasteWords
from bot.domain.corrections import CorrectionKind
from bot.domain.model import Language


@dataclass(frozen=True, kw_only=True, slots=True)
class Help:
    """Show what can be written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """Show a topic's latest stories; ``since`` is as it was written."""

    topic: str
    since: str | None = None
    language: Language | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowStory:
    """Show one story."""

    story_id: int
    language: Language | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """Search the stored reports; the options are as they were written."""

    query: str
    options: SearchOptions


@dataclass(frozen=True, kw_only=True, slots=True)
class AskWhy:
    """Say why a report or story is where it is; ``written`` as ``Explainers.why`` reads it."""

    written: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscribe:
    """Send this channel digests. ``schedule``, ``zone`` and ``topic`` are not yet checked."""

    schedule: str
    topic: str
    zone: str | None = None
    language: Language | None = None
    stories: int | None = None
    taste: TasteWords = NO_WORDS


@dataclass(frozen=True, kw_only=True, slots=True)
class ListDigests:
    """List this channel's subscriptions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manage:
    """Do one of ``DIGEST_VERBS`` with one of this channel's subscriptions."""

    verb: str
    subscription_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Change what is not None of one of this channel's subscriptions; not yet checked."""

    subscription_id: int
    schedule: str | None = None
    zone: str | None = None
    language: Language | None = None
    stories: int | None = None
    taste: TasteWords = NO_WORDS


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetMe:
    """Remove what is stored of the one who writes it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ManageFeeds:
    """``list``, ``check``, ``add`` or ``remove`` feeds; ``named`` is as it was written."""

    verb: str
    named: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Correct:
    """Withdraw or correct a story; only admins may, and the texts are not yet checked."""

    story_id: int
    kind: CorrectionKind
    reason: str
    sentence: str = ""
    text: str = ""
    url: str = ""
    language: Language | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Misuse:
    """What was written cannot be read: ``key`` names the text that says so, with ``values``."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)


Request = (
    Help
    | News
    | ShowStory
    | Search
    | AskWhy
    | Subscribe
    | ListDigests
    | Change
    | Manage
    | ManageFeeds
    | Correct
    | ForgetMe
    | Misuse
)
