"""The week's arc in words and small charts: a line for each issue."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.model import Digest, IssueWeek
from bot.rendering.safe import TITLE_LIMIT, clean, safe_url
from bot.rendering.texts import Texts

# Unicode's eighths (U+2581 …): present in every terminal's and chat's font.
BARS = "▁▂▃▄▅▆▇█"

# Pixels of a day's bar in the page's drawing, and of its highest.
DAY_WIDTH, BAR_WIDTH, HEIGHT = 10, 7, 24


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """A day's bar: where it begins from the left and top, and its height, in pixels."""

    x: int
    y: float
    height: float


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueView:
    """An issue's week in words. ``spark`` has a character, ``bars`` a bar for each day."""

    issue: str
    counts: str
    temperature: str
    spark: str
    bars: tuple[Bar, ...]
    headline: str
    language: str
    url: str | None

    @property
    def line(self) -> str:
        """The issue, its chart and its counts in one line."""
        told = [f"{self.issue} {self.spark}", self.counts, self.temperature]
        return " · ".join(part for part in told if part)


@dataclass(frozen=True, kw_only=True, slots=True)
class ArcView:
    """The week as a whole. ``width`` and ``height`` are of each drawing, in pixels."""

    title: str
    note: str
    issues: tuple[IssueView, ...]
    width: int = DAY_WIDTH * 7
    height: int = HEIGHT


def view_arc(digest: Digest, texts: Texts) -> ArcView | None:
    """Put the week's arc into the words of a language; None where the digest has none."""
    if not digest.arc:
        return None
    most = max(max(week.by_day) for week in digest.arc)
    return ArcView(
        title=texts.say("arc.title"),
        note=texts.say("arc.note"),
        issues=tuple(_view(week, most, texts) for week in digest.arc),
    )


def sparkline(counts: Sequence[int], most: int) -> str:
    """Return a character for each count, the highest for ``most``; a dot stands for none."""
    steps = len(BARS) - 1
    return "".join(BARS[round(count / most * steps)] if count else "·" for count in counts)


def _view(week: IssueWeek, most: int, texts: Texts) -> IssueView:
    stories = texts.count("counts.stories", week.stories)
    reports = texts.count("counts.reports", week.reports)
    return IssueView(
        issue=texts.issue(week.issue),
        counts=texts.say("arc.counts", stories=stories, reports=reports),
        temperature=_temperature(week, texts),
        spark=sparkline(week.by_day, most),
        bars=tuple(_bar(day, count, most) for day, count in enumerate(week.by_day) if count),
        headline=clean(week.headline, TITLE_LIMIT),
        language=week.language if week.language in texts.locale.languages else "und",
        url=safe_url(week.url),
    )


def _bar(day: int, count: int, most: int) -> Bar:
    height = round(HEIGHT * count / most, 1)
    return Bar(x=day * DAY_WIDTH, y=round(HEIGHT - height, 1), height=height)


def _temperature(week: IssueWeek, texts: Texts) -> str:
    if week.temperature is None:
        return ""
    return texts.say(
        "arc.temperature",
        value=f"{week.temperature:+.1f}".replace("-", "−"),
        cooperation=texts.number(week.cooperation),
        friction=texts.number(week.friction),
    )
