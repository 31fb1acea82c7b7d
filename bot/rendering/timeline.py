"""A chronology as Markdown, CSV and JSON. What comes from feeds is cleaned and escaped."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import date

from bot.domain.timeline import Happening, Point
from bot.rendering.days import month_of
from bot.rendering.markdown import escape, link
from bot.rendering.safe import TITLE_LIMIT, clean, safe_url
from bot.rendering.texts import Texts

# What a spreadsheet takes for a formula where a cell begins with it
# (https://owasp.org/www-community/attacks/CSV_Injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = ("date", "story", "issue", "tone", "outlets", "sides", "headline", "language", "url")


def render_markdown(
    title: str, happenings: Sequence[Happening], points: Sequence[Point], texts: Texts
) -> str:
    """Return the chronology as a list by month, and the temperatures as a table."""
    lines = [f"# {escape(clean(title, TITLE_LIMIT))}"]
    month: tuple[int, int] | None = None
    for line in happenings:
        if (line.day.year, line.day.month) != month:
            month = (line.day.year, line.day.month)
            lines += ["", f"## {escape(month_of(line.day, texts))}", ""]
        told = link(clean(line.headline, TITLE_LIMIT), safe_url(line.url))
        lines.append(f"- **{line.day.isoformat()}** {told} · {escape(texts.issue(line.issue))}")
    return "\n".join([*lines, *_table(points, texts), ""])


def _table(points: Sequence[Point], texts: Texts) -> list[str]:
    told = [point for point in points if point.value is not None]
    if not told:
        return []
    heads = ("week", "issue", "temperature", "cooperation", "friction")
    words = [escape(texts.say(f"timeline.{head}")) for head in heads]
    return [
        "",
        f"## {words[2]}",
        "",
        f"| {' | '.join(words)} |",
        "| --- | --- | ---: | --- | --- |",
        *(
            f"| {point.week.isoformat()} | {escape(texts.issue(point.issue))} | {point.value:+.2f} "
            f"| {_ids(point.cooperation)} | {_ids(point.friction)} |"
            for point in told
        ),
    ]


def _ids(stories: Sequence[int]) -> str:
    return ", ".join(map(str, stories))


def render_csv(happenings: Sequence[Happening]) -> str:
    """Return the chronology as CSV (RFC 4180), a story a line under ``COLUMNS``."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for line in happenings:
        row = _row(line)
        writer.writerow([_cell(row[column]) for column in COLUMNS])
    return out.getvalue()


def _cell(value: object) -> str:
    text = " ".join(value) if isinstance(value, list) else str("" if value is None else value)
    return f"'{text}" if text.startswith(FORMULA) else text


def render_json(topic: str, happenings: Sequence[Happening], points: Sequence[Point]) -> str:
    """Return ``{"topic", "stories": […], "temperature": […]}``; days are ISO 8601.

    A story has the keys of ``COLUMNS``; a point ``week`` (its Monday), ``issue``, ``value`` (−1..1
    or null) and the ids of the stories behind it: ``cooperation``, ``friction``, ``neutral``.
    """
    document = {
        "topic": topic,
        "stories": [_row(line) for line in happenings],
        "temperature": [
            {
                "week": _iso(point.week),
                "issue": point.issue.value,
                "value": point.value,
                "cooperation": list(point.cooperation),
                "friction": list(point.friction),
                "neutral": list(point.neutral),
            }
            for point in points
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _row(line: Happening) -> dict[str, object]:
    return {
        "date": _iso(line.day),
        "story": line.story_id,
        "issue": line.issue.value,
        "tone": line.tone.value,
        "outlets": line.outlets,
        "sides": list(line.sides),
        "headline": clean(line.headline, TITLE_LIMIT),
        "language": line.language,
        "url": safe_url(line.url),
    }


def _iso(day: date) -> str:
    return day.isoformat()
