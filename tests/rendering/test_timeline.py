"""The chronology and its chart as people and programs get them."""

import csv
import io
import json
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from bot.domain.model import Issue
from bot.domain.timeline import Happening, Point, Tone
from bot.rendering.chart import render_png, render_svg
from bot.rendering.texts import Texts, load_texts
from bot.rendering.timeline import COLUMNS, render_csv, render_json, render_markdown
from bot.settings import bundled_config

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '=HYPERLINK("http://evil.example") <script>@everyone [x](javascript:1)'


@pytest.fixture(scope="module")
def texts() -> dict[str, Texts]:
    return load_texts(bundled_config() / "locales")


def happening(**changes: object) -> Happening:
    values: dict[str, object] = {
        "day": date(2026, 11, 20),
        "story_id": 7,
        "issue": Issue.TRADE,
        "headline": "Leaders agree on chips",
        "language": "en",
        "url": "https://h.example/7",
        "outlets": 2,
        "sides": ("KR", "JP"),
        "tone": Tone.COOPERATION,
    }
    return Happening(**values | changes)  # type: ignore[arg-type]


def point(week: int = 0, issue: Issue = Issue.TRADE, **kinds: tuple[int, ...]) -> Point:
    empty: dict[str, tuple[int, ...]] = {"cooperation": (), "friction": (), "neutral": ()}
    monday = date(2026, 9, 7) + timedelta(weeks=week)
    return Point(week=monday, issue=issue, **empty | kinds)


def test_json_is_data_with_the_stories_behind_each_point() -> None:
    """The shape that scripts rely on."""
    told = json.loads(render_json("japan-korea", [happening()], [point(cooperation=(7, 8))]))
    assert set(told["stories"][0]) == set(COLUMNS)
    assert told["stories"][0]["date"] == "2026-11-20"
    assert told["temperature"] == [
        {
            "week": "2026-09-07",
            "issue": "trade-economy-tech",
            "value": 1.0,
            "cooperation": [7, 8],
            "friction": [],
            "neutral": [],
        }
    ]


def test_a_spreadsheet_takes_no_title_for_a_formula() -> None:
    """A cell that would be one begins with an apostrophe; the rest is read back as written."""
    rows = list(csv.DictReader(io.StringIO(render_csv([happening(headline=HOSTILE)]))))
    assert rows[0]["headline"].startswith("'=HYPERLINK")
    assert rows[0]["sides"] == "KR JP"


def test_a_title_is_no_markup_in_markdown(texts: dict[str, Texts]) -> None:
    """Nor a mention, nor a link of its own."""
    told = render_markdown("T", [happening(headline=HOSTILE)], [], texts["en"])
    assert "<script>" not in told
    assert "@everyone" not in told
    assert r"\[x\](javascript" in told  # the brackets are text
    assert "November 2026" in told


@pytest.mark.parametrize("language", ["en", "ja", "ko"])
def test_the_chart_is_whole_in_each_language(language: str, texts: dict[str, Texts]) -> None:
    """A bar up for cooperation, down for friction, none without a tone; each names its stories."""
    points = [point(0, cooperation=(1,)), point(1, friction=(2, 3)), point(3, neutral=(4,))]
    root = ET.fromstring(render_svg("T", points, texts[language]))  # noqa: S314 - our own
    bars = root.findall(f".//{SVG}g/{SVG}rect")
    middle = float(root.findall(f".//{SVG}circle")[0].attrib["cy"])
    tops = [float(bar.attrib["y"]) for bar in bars]
    assert [top < middle for top in tops] == [True, False]
    told = [title.text or "" for title in root.findall(f".//{SVG}g/{SVG}title")]
    assert "2, 3" in told[1]


def test_hostile_titles_stay_text_in_the_chart(texts: dict[str, Texts]) -> None:
    """The drawing holds no script and no element that a title brought."""
    drawn = render_svg("</title><script>x</script>", [point(cooperation=(1,))], texts["en"])
    assert not ET.fromstring(drawn).findall(f".//{SVG}script")  # noqa: S314


def test_no_story_is_an_empty_chart(texts: dict[str, Texts]) -> None:
    """A quiet season is no error."""
    assert ET.fromstring(render_svg("T", [], texts["en"])) is not None  # noqa: S314


def test_the_picture_is_a_png_of_twice_the_size(texts: dict[str, Texts]) -> None:
    """Width and height stand in its header."""
    picture = render_png("T", [point(cooperation=(1,))], texts["en"])
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(picture[16:20]) == 1800
