"""From what a feed says of an item to an entry: bounded, cleaned, named."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.errors import InputError
from bot.domain.model import ParsedEntry
from bot.feeds.dates import parse_date, trusted
from bot.feeds.text import plain_text, shorten
from bot.feeds.urls import canonical_url

# The longest headlines of the captured feeds have some 250 characters.
MAX_TITLE_LENGTH = 500

# A long article has 10,000 characters; what follows is a transcript or an attack.
MAX_TEXT_LENGTH = 20_000

# A publisher's name; longer ones are sentences.
MAX_NAME_LENGTH = 100

# Where an item has no title, its text's beginning serves, as long as a headline.
MADE_TITLE_LENGTH = 100

# Identifiers are addresses or tags (RFC 4151); a longer one is kept as its digest.
MAX_GUID_LENGTH = 500

# What stands between a headline and the publisher's name.
SEPARATORS = (" - ", " | ", " – ", " — ", " : ")

LANGUAGE = re.compile(r"\s*([A-Za-z]{2,3})(?:[-_].{0,30})?\s*")


@dataclass(frozen=True, kw_only=True, slots=True)
class RawItem:
    """An item as the feed has it: strings with markup, nothing checked.

    ``links`` are tried in order, then the guid where it is an address; ``texts`` are the
    alternatives of which the longest counts; ``dates`` are in order of preference.
    """

    guid: str | None = None
    links: Sequence[str] = ()
    title: str = ""
    texts: Sequence[str] = ()
    dates: Sequence[str] = ()
    language: str | None = None
    source: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """What an item is read against: the feed's address, its zone, the time."""

    base: str
    zone: str | None
    now: datetime

    def entries(self, items: Iterable[RawItem], *, feed_title: str) -> tuple[ParsedEntry, ...]:
        """Return the items that can be told and linked to, their guids unambiguous."""
        read = (self._entry(item, feed_title) for item in items)
        return _distinct([entry for entry in read if entry is not None])

    def _entry(self, item: RawItem, feed_title: str) -> ParsedEntry | None:
        url = self._url([*item.links, _address(item.guid)])
        texts = [plain_text(text, limit=MAX_TEXT_LENGTH) for text in item.texts]
        text = max(texts, key=len, default="")
        outlet = plain_text(item.source or "", limit=MAX_NAME_LENGTH) or None
        title = _unsigned(
            plain_text(item.title, limit=MAX_TITLE_LENGTH), (outlet, feed_title)
        ) or shorten(text, MADE_TITLE_LENGTH)
        if url is None or not title:
            return None
        return ParsedEntry(
            guid=_bounded_guid(item.guid or url),
            url=url,
            title=title,
            text=text,
            published_at=self._published_at(item.dates),
            language=language_code(item.language),
            outlet_name=outlet,
        )

    def _url(self, links: Sequence[str]) -> str | None:
        for link in links:
            try:
                return canonical_url(link, self.base)
            except InputError:
                continue
        return None

    def _published_at(self, dates: Sequence[str]) -> datetime | None:
        read = (trusted(parse_date(text, zone=self.zone), now=self.now) for text in dates)
        return next((moment for moment in read if moment is not None), None)


def language_code(tag: str | None) -> str | None:
    """Return the ISO 639 code of a language tag (``ja-JP`` → ``ja``), None where it is none."""
    match = LANGUAGE.fullmatch(tag or "")
    return match[1].lower() if match else None


def _unsigned(title: str, names: Iterable[str | None]) -> str:
    """Take the publisher's name off the end of a headline.

    Google News adds the one that its <source> names; many sites add their own.
    """
    for name in filter(None, names):
        for separator in SEPARATORS:
            title = title.removesuffix(separator + name)
    return title


def _address(guid: str | None) -> str:
    # Resolved against the feed's address, any other guid would become one too.
    return guid if guid and guid.startswith(("http://", "https://")) else ""


def _bounded_guid(guid: str) -> str:
    cleaned = guid.strip()
    if len(cleaned) <= MAX_GUID_LENGTH and cleaned.isprintable():
        return cleaned
    return "sha256:" + hashlib.sha256(cleaned.encode(errors="surrogatepass")).hexdigest()


def _distinct(entries: Sequence[ParsedEntry]) -> tuple[ParsedEntry, ...]:
    """Give entries of one guid and several addresses their addresses as guids.

    Every one of them, so that the order in the document decides nothing. An item that is
    repeated whole is kept once.
    """
    addresses: defaultdict[str, set[str]] = defaultdict(set)
    for entry in entries:
        addresses[entry.guid].add(entry.url)
    named = (
        entry if len(addresses[entry.guid]) == 1 else replace(entry, guid=entry.url)
        for entry in entries
    )
    first: dict[str, ParsedEntry] = {}
    for entry in named:
        first.setdefault(entry.guid, entry)
    return tuple(first.values())
