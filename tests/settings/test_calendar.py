"""The calendar that comes along is whole; every mistake of another one is told at once."""

from datetime import date
from pathlib import Path

import pytest

from bot.domain.calendar import occurrences
from bot.domain.errors import ConfigError
from bot.settings import load_settings

GOOD = """
[[occasion]]
id = "{id}"
when = "{when}"
issue = "{issue}"
topics = ["{topic}"]
title = {{ en = "A day", ja = "ある日"{ko} }}
brief.en = ["One.", "Two."]
brief.ja = ["一。", "二。"]
brief.ko = {lines}
"""


def block(**changes: str) -> str:
    values = {
        "id": "a-day",
        "when": "08-15",
        "issue": "other",
        "topic": "japan-korea",
        "ko": ', ko = "어느 날"',
        "lines": '["하나.", "둘."]',
    }
    return GOOD.format(**values | changes)


def load(folder: Path, text: str) -> tuple[str, ...]:
    (folder / "calendar.toml").write_text(text, encoding="utf-8")
    return tuple(one.id for one in load_settings({"STRAIT_CONFIG_DIR": str(folder)}).calendar)


def test_the_calendar_that_comes_along_has_the_days_that_matter() -> None:
    """Each day of the issue is in it, in every year."""
    calendar = load_settings({}).calendar
    found = occurrences(calendar, first=date(2027, 1, 1), last=date(2027, 12, 31))
    on = {one.day.strftime("%m-%d"): one.occasion.id for one in found}
    for day in ("02-22", "03-01", "06-22", "08-15", "08-29", "10-03", "10-25", "12-28"):
        assert day in on
    assert {"yasukuni-spring-festival", "yasukuni-autumn-festival"} <= set(on.values())


def test_contested_places_bear_both_names() -> None:
    """No brief names the islands by one side's name alone, each language in its own order."""
    pairs = {"en": "Dokdo/Takeshima", "ja": "竹島/独島", "ko": "독도/다케시마"}
    alone = {"en": ("Dokdo", "Takeshima"), "ja": ("竹島", "独島"), "ko": ("독도", "다케시마")}
    for occasion in load_settings({}).calendar:
        for language, lines in occasion.brief.items():
            rest = " ".join(lines).replace(pairs[language], "")
            assert not any(name in rest for name in alone[language]), occasion.id


def test_a_day_of_ones_own_is_read(tmp_path: Path) -> None:
    """A calendar in STRAIT_CONFIG_DIR stands in place of the one that comes along."""
    assert load(tmp_path, block(id="mine", when="2026-12-24")) == ("mine",)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """A day that does not exist, a missing language, an unknown issue and topic, a lone line."""
    text = (
        block(when="02-30", issue="teritory-dokdo-takeshima", topic="japan-corea", ko="")
        + block(id="b", lines='["하나."]')
        + block(id="b", when="fifth friday of july")
    )
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    told = str(caught.value)
    for part in (
        '"02-30" is a day that does not exist',
        'did you mean "territory-dokdo-takeshima"?',
        'did you mean "japan-korea"?',
        "is missing in ko",
        "has 1 lines: write 2.",
        "each id once",
        '"fifth friday of july" is no day',
    ):
        assert part in told, part
