"""The temperature of a topic's issues by week as a chart: SVG, or PNG of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.model import Issue
from bot.domain.timeline import Point
from bot.rendering.days import short_day
from bot.rendering.html import environment
from bot.rendering.safe import TITLE_LIMIT, clean
from bot.rendering.texts import Texts

# Pixels of the drawing.
WIDTH, LEFT, RIGHT_MARGIN = 900, 210, 30
TOP, ROW, BOTTOM = 84, 56, 40
TALLEST = 22.0
WIDEST_BAR = 14.0
SMALLEST_DOT, LARGEST_DOT = 1.5, 5.0
# Labels of weeks that fit side by side.
MOST_TICKS = 8

# The colours of the page (templates/digest.css): teal and rust differ in lightness too, for
# readers who do not tell red from green. A picture cannot follow the reader's theme: it keeps
# its own paper, which reads on light and dark alike.
LIGHT = {
    "paper": "#fbfaf7",
    "ink": "#1d1e20",
    "quiet": "#5c6067",
    "line": "#dedbd3",
    "warm": "#1f6b8a",
    "cold": "#ad4a34",
}
THEMED = {name: f"var(--{name})" for name in LIGHT}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A point as it is drawn: a bar up (``warm``) or down, a dot, and what it stands for."""

    x: float
    top: float
    height: float
    warm: bool
    radius: float
    told: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """An issue's line."""

    name: str
    middle: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """The label of a week."""

    x: float
    label: str


def render_svg(
    topic: str, points: Sequence[Point], texts: Texts, *, follows_theme: bool = True
) -> str:
    """Return the chart; in a browser it follows the reader's light or dark theme.

    Each point names the stories behind it when it is pointed at.
    """
    weeks = _weeks(points)
    places = dict(zip(weeks, _places(len(weeks)), strict=True))
    issues = [issue for issue in Issue if any(point.issue is issue for point in points)]
    rows = [_row(at, issue, points, places, texts) for at, issue in enumerate(issues)]
    return (
        environment()
        .get_template("chart.svg.j2")
        .render(
            title=texts.say("timeline.chart", topic=clean(topic, TITLE_LIMIT)),
            legend=texts.say("timeline.legend"),
            language=texts.language.value,
            rows=rows,
            ticks=list(_ticks(places, texts)),
            width=WIDTH,
            height=TOP + ROW * len(rows) + BOTTOM,
            left=LEFT,
            right=WIDTH - RIGHT_MARGIN,
            half=_half(len(weeks)),
            paint=THEMED if follows_theme else LIGHT,
            follows_theme=follows_theme,
        )
    )


def render_png(topic: str, points: Sequence[Point], texts: Texts) -> bytes:
    """Return the chart as a picture at twice its size, in the fonts of this machine."""
    import resvg_py  # noqa: PLC0415 - only who draws a picture loads it

    drawn = render_svg(topic, points, texts, follows_theme=False)
    return bytes(resvg_py.svg_to_bytes(svg_string=drawn, zoom=2))


def _weeks(points: Sequence[Point]) -> list[date]:
    """Return every week from the first to the last, those without a story too."""
    told = [point.week for point in points]
    if not told:
        return []
    count = (max(told) - min(told)).days // 7 + 1
    return [min(told) + timedelta(weeks=at) for at in range(count)]


def _places(count: int) -> list[float]:
    step = _step(count)
    return [round(LEFT + step * (at + 0.5), 1) for at in range(count)]


def _step(count: int) -> float:
    return (WIDTH - RIGHT_MARGIN - LEFT) / max(1, count)


def _half(count: int) -> float:
    return round(min(WIDEST_BAR, _step(count) * 0.7) / 2, 2)


def _row(
    at: int, issue: Issue, points: Sequence[Point], places: Mapping[date, float], texts: Texts
) -> Row:
    middle = TOP + ROW * at + ROW // 2
    mine = [point for point in points if point.issue is issue]
    marks = tuple(_mark(point, places[point.week], middle, texts) for point in mine)
    return Row(name=texts.issue(issue), middle=middle, marks=marks)


def _mark(point: Point, x: float, middle: int, texts: Texts) -> Mark:
    value = point.value or 0.0
    height = round(abs(value) * TALLEST, 1)
    return Mark(
        x=x,
        top=middle - height if value > 0 else float(middle),
        height=height,
        warm=value > 0,
        radius=min(LARGEST_DOT, SMALLEST_DOT + 0.5 * (point.stories - 1)),
        told=texts.say(
            "timeline.point",
            week=short_day(point.week, texts),
            value="–" if point.value is None else f"{point.value:+.2f}",
            cooperation=_ids(point.cooperation, texts),
            friction=_ids(point.friction, texts),
        ),
    )


def _ids(stories: Sequence[int], texts: Texts) -> str:
    return ", ".join(map(str, stories)) or texts.say("timeline.none")


def _ticks(places: Mapping[date, float], texts: Texts) -> Iterator[Tick]:
    every = max(1, -(-len(places) // MOST_TICKS))
    for at, (week, x) in enumerate(places.items()):
        if at % every == 0:
            yield Tick(x=x, label=short_day(week, texts))
