"""What stands before the stories and beside one: pre-briefs, corrections, how it was made."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from bot.domain.model import (
    CorrectionNote,
    CorrectionNotice,
    Digest,
    DigestItem,
    PastStory,
    Prebrief,
)
from bot.rendering.days import short_day
from bot.rendering.safe import NAME_LIMIT, TITLE_LIMIT, clean, safe_url
from bot.rendering.texts import Texts

# A link is one line: what is longer is a page, not a headline.
PAST_LIMIT = 120

# A method is "extractive", "extractive:WHY", "llm:MODEL" or "headline".
MODEL = "llm"
KNOWN = frozenset({"extractive", "ungrounded", "unreadable", "unreachable", "budget", "headline"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtraLink:
    """A link below an extra; ``url`` is None where its address is no safe web address."""

    text: str
    url: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Extra:
    """A few lines before the stories: a day to come (with links of a year ago), a correction."""

    heading: str
    lines: tuple[str, ...] = ()
    label: str = ""
    links: tuple[ExtraLink, ...] = ()
    is_correction: bool = False


def view_extras(digest: Digest, texts: Texts) -> tuple[Extra, ...]:
    """Return what is said before the stories, corrections first; clean, but not yet escaped."""
    return tuple(_extras(digest, texts))


def correction_words(note: CorrectionNote | None, zone: str, texts: Texts) -> str:
    """Return that, when and why a story was corrected; empty where it was not."""
    if note is None:
        return ""
    return texts.say(
        "corrections.withdrawn" if note.withdrawn else "corrections.corrected",
        day=short_day(note.at.astimezone(ZoneInfo(zone)).date(), texts),
        reason=clean(note.reason, TITLE_LIMIT),
    )


def headline_words(item: DigestItem, texts: Texts) -> str:
    """Return the story's headline, or that it was withdrawn."""
    if item.correction is not None and item.correction.withdrawn:
        return texts.say("corrections.withdrawn_headline")
    return clean(item.headline, TITLE_LIMIT)


def made_words(method: str, texts: Texts) -> str:
    """Return in words how a summary came to be; empty for a way that is not known."""
    kind, _, detail = method.partition(":")
    if kind == MODEL:
        return texts.say("made.model", model=clean(detail, NAME_LIMIT))
    key = detail or kind
    return texts.say(f"made.{key}") if key in KNOWN else ""


def _extras(digest: Digest, texts: Texts) -> Iterator[Extra]:
    for notice in digest.corrections:
        yield _notice(notice, digest, texts)
    for brief in digest.prebriefs:
        yield _brief(brief, texts)


def _notice(notice: CorrectionNotice, digest: Digest, texts: Texts) -> Extra:
    headline = clean(notice.headline, TITLE_LIMIT)
    return Extra(
        heading=texts.say("corrections.notice", headline=headline),
        lines=(correction_words(notice.note, digest.zone, texts),),
        is_correction=True,
    )


def _brief(brief: Prebrief, texts: Texts) -> Extra:
    key = "calendar.expected" if brief.approximate else "calendar.coming"
    title = clean(brief.title, TITLE_LIMIT)
    return Extra(
        heading=texts.say(key, day=short_day(brief.day, texts), title=title),
        lines=tuple(clean(line) for line in brief.lines),
        label=texts.say("calendar.year_ago") if brief.year_ago else "",
        links=tuple(_past(story, texts) for story in brief.year_ago),
    )


def _past(story: PastStory, texts: Texts) -> ExtraLink:
    outlet, headline = clean(story.outlet_name, NAME_LIMIT), clean(story.headline, PAST_LIMIT)
    day = _with_year(story.day, texts)
    return ExtraLink(text=f"{headline} ({outlet}, {day})", url=safe_url(story.url))


def _with_year(day: date, texts: Texts) -> str:
    return f"{short_day(day, texts)}, {day.year}" if texts.language == "en" else day.isoformat()
