"""What is read and told of: feeds, outlets, names, signs, topics and days, from config/.

Most of a start was reading it. A process that only sends never asks for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.domain.calendar import Occasion
from bot.domain.model import FeedSpec, Outlet
from bot.domain.topic import Name, Topic
from bot.settings.calendar import check_calendar
from bot.settings.content_checks import check_feeds, check_names, check_outlets, check_topic
from bot.settings.content_files import (
    CalendarFile,
    FeedsFile,
    NamesFile,
    OutletsFile,
    SignalsFile,
)
from bot.settings.folders import find, topic_paths
from bot.settings.mistakes import Mistakes


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """What the files of config/ besides settings.toml and the locales hold."""

    feeds: tuple[FeedSpec, ...]
    outlets: tuple[Outlet, ...]
    names: tuple[Name, ...]
    signals: Mapping[str, tuple[str, ...]]
    topics: Mapping[str, Topic]
    calendar: tuple[Occasion, ...]


def read_content(folders: tuple[Path, ...], mistakes: Mistakes) -> Content:
    """Read and check every file; what has mistakes is left out of what is returned."""
    feeds = mistakes.file(find(folders, "feeds.toml"), FeedsFile).feed
    outlets = mistakes.file(find(folders, "outlets.toml"), OutletsFile).outlet
    names = mistakes.file(find(folders, "names.toml"), NamesFile).name
    signals = mistakes.file(find(folders, "signals.toml"), SignalsFile)
    calendar = mistakes.file(find(folders, "calendar.toml"), CalendarFile).occasion
    topics = read_topics(folders, mistakes)
    check_feeds(feeds, outlets, mistakes, find(folders, "feeds.toml"))
    check_outlets(outlets, mistakes, find(folders, "outlets.toml"))
    check_names(names, mistakes, find(folders, "names.toml"))
    check_calendar(calendar, topics, mistakes, find(folders, "calendar.toml"))
    return Content(
        feeds=feeds,
        outlets=outlets,
        names=names,
        signals={
            "cooperation": signals.cooperation.words,
            "friction": signals.friction.words,
        },
        topics=topics,
        calendar=calendar,
    )


def read_names(folder: Path, mistakes: Mistakes) -> tuple[Name, ...]:
    """Read the table of names of one folder."""
    return mistakes.file(folder / "names.toml", NamesFile).name


def read_topics(folders: tuple[Path, ...], mistakes: Mistakes) -> dict[str, Topic]:
    """Read the topic files: topic id → topic."""
    topics = {}
    for id_, path in topic_paths(folders).items():
        topic = mistakes.topic(path)
        if topic:
            check_topic(topic, mistakes, path)
            topics[id_] = topic
    if not topic_paths(folders):
        mistakes.add(folders[-1] / "topics", "", "no file", "at least one topic, NAME.toml")
    return topics
