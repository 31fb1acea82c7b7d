"""What the files of content must agree on, with each other and the world's lists of codes."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from babel import Locale

from bot.domain.addresses import is_web_address
from bot.domain.errors import InputError
from bot.domain.model import FeedSpec, Outlet
from bot.domain.schedule import check_zone
from bot.domain.topic import Name, Topic
from bot.settings.mistakes import Mistakes

# Unicode lists some two-letter codes that are no places: unknown, pseudo-locales, groups.
NO_PLACES = frozenset({"ZZ", "XA", "XB", "QO", "EZ", "UN"})
CODE = re.compile(r"[A-Za-z]{2}")
PLACES = frozenset(filter(CODE.fullmatch, map(str, Locale("en").territories))) - NO_PLACES
LANGUAGES = frozenset(filter(CODE.fullmatch, map(str, Locale("en").languages)))

A_PLACE = "a country's code of ISO 3166-1, such as JP or KR"
A_LANGUAGE = "a language's code of ISO 639-1, such as en, ja or ko"


def check_feeds(
    feeds: Sequence[FeedSpec], outlets: Sequence[Outlet], mistakes: Mistakes, path: Path
) -> None:
    """Check addresses, outlets, languages and zones."""
    known = {outlet.id for outlet in outlets}
    seen: set[str] = set()
    for number, feed in enumerate(feeds, start=1):
        key = f"feed {number}"
        if not is_web_address(feed.url):
            mistakes.add(path, f"{key}: url", feed.url, "an address with http:// or https://")
        if feed.url in seen:
            mistakes.add(path, f"{key}: url", feed.url, "each address once")
        if feed.outlet and feed.outlet not in known:
            allowed = _nearest(feed.outlet, known, "outlets.toml")
            mistakes.add(path, f"{key}: outlet", feed.outlet, allowed)
        if feed.language is not None and feed.language not in LANGUAGES:
            mistakes.add(path, f"{key}: language", feed.language, A_LANGUAGE)
        if feed.zone:
            _check_zone(feed.zone, path, f"{key}: zone", mistakes)
        seen.add(feed.url)


def check_outlets(outlets: Sequence[Outlet], mistakes: Mistakes, path: Path) -> None:
    """Check that each id is there once, and the codes of countries and languages."""
    _check_ids("outlet", [outlet.id for outlet in outlets], mistakes, path)
    for number, outlet in enumerate(outlets, start=1):
        _check_places(f"outlet {number}: country", [outlet.country], mistakes, path)
        for language in outlet.languages:
            if language not in LANGUAGES:
                mistakes.add(path, f"outlet {number}: languages", language, A_LANGUAGE)


def check_names(names: Sequence[Name], mistakes: Mistakes, path: Path) -> None:
    """Check that each id is there once, and the codes of countries."""
    _check_ids("name", [name.id for name in names], mistakes, path)
    for number, name in enumerate(names, start=1):
        _check_places(f"name {number}: country", name.countries, mistakes, path)


def check_topic(topic: Topic, mistakes: Mistakes, path: Path) -> None:
    """Check that the id is the file's name, and the codes of both sides."""
    if topic.id != path.stem:
        mistakes.add(path, "id", topic.id, f'the name of its file, "{path.stem}"')
    _check_places("sides", topic.sides, mistakes, path)


def _check_ids(table: str, ids: Sequence[str], mistakes: Mistakes, path: Path) -> None:
    seen: set[str] = set()
    for number, own in enumerate(ids, start=1):
        if own in seen:
            mistakes.add(path, f"{table} {number}: id", own, "each id once")
        seen.add(own)


def _check_places(key: str, codes: Iterable[str], mistakes: Mistakes, path: Path) -> None:
    for code in sorted(codes):
        if code not in PLACES:
            mistakes.add(path, key, code, A_PLACE)


def _check_zone(zone: str, path: Path, key: str, mistakes: Mistakes) -> None:
    try:
        check_zone(zone)
    except InputError as error:
        mistakes.say(path, key, str(error))


def _nearest(found: str, known: set[str], file: str) -> str:
    close = get_close_matches(found, known, n=1)
    return f'an id of {file}; did you mean "{close[0]}"?' if close else f"an id of {file}"
