"""The public feeds: digests of the feed outputs that are public, as they stand now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.app.core import App
from bot.domain.corrections import corrected_digest
from bot.domain.model import Digest, Terms
from bot.domain.outlets import Outlets
from bot.domain.remaining import without_reports, without_words
from bot.platforms.feed.messenger import entry_id
from bot.rendering.feeds import (
    FeedEntry,
    FeedHead,
    feed_entry,
    render_atom,
    render_json_feed,
    urn,
)

if TYPE_CHECKING:
    from bot.settings.outputs import OutputTarget
    from bot.web.feeds import Wanted

# Whoever asks again at once gets the same: composing twenty digests takes some milliseconds.
FRESH = timedelta(seconds=30)


class PublicFeeds:
    """Reads the public feeds from the database; nothing of any workspace is in them."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._made: dict[Wanted, tuple[datetime, str]] = {}

    async def read(self, wanted: Wanted) -> str | None:
        """Return the feed's document; None where no public feed is of that topic and language."""
        output = self._output(wanted)
        if output is None:
            return None
        now = self._app.clock()
        made_at, document = self._made.get(wanted, (now - FRESH, ""))
        if not timedelta() <= now - made_at < FRESH:
            document = await self._make(output, wanted)
            self._made[wanted] = (now, document)
        return document

    def _output(self, wanted: Wanted) -> OutputTarget | None:
        found = (
            output
            for output in self._app.settings.outputs
            if output.public
            and wanted.topic in output.taste.topics
            and wanted.language in {None, output.taste.language.value}
        )
        return next(found, None)

    async def _make(self, output: OutputTarget, wanted: Wanted) -> str:
        entries = await self._entries(output, wanted.topic)
        language = output.taste.language
        title = self._app.settings.topics[wanted.topic].title.get(language, wanted.topic)
        head = FeedHead(
            id=urn("feed", output.name, wanted.topic, language.value),
            title=title,
            language=language.value,
            url=output.link,
        )
        return (render_atom if wanted.form == "atom" else render_json_feed)(head, entries)

    async def _entries(self, output: OutputTarget, topic: str) -> list[FeedEntry]:
        from bot.storage import corrections, digests, merges

        async with self._app.database.read() as connection:
            found = await digests.latest_to(
                connection, output.destination, topic, limit=output.keep
            )
            ids = {item.story_id for _, digest in found for item in digest.items}
            called = await merges.now_called(connection, ids)
            made = await corrections.of_stories(connection, set(called.values()))
        by_told = {old: made.get(new, ()) for old, new in called.items()}
        texts = self._app.texts
        cards = self._app.settings.outlet_cards
        return [
            feed_entry(
                without_excluded(corrected_digest(digest, by_told), cards),
                texts[digest.language],
                entry_id=entry_id(key),
            )
            for key, digest in found
        ]


def without_excluded(digest: Digest, cards: Outlets) -> Digest:
    """Return a digest as its outlets' terms allow it now.

    An excluded outlet's reports go, with the sentences and stories that were theirs alone; of
    a headline outlet only the sentences go.
    """
    terms = {
        source.outlet_name: card.terms
        for item in digest.items
        for source in item.sources
        if (card := cards.named(source.outlet_name)) is not None
    }
    if set(terms.values()) <= {Terms.FULL}:
        return digest
    items = []
    for item in digest.items:
        limited = {s.number for s in item.sources if _is(terms, s.outlet_name, Terms.HEADLINE)}
        gone = {s.number for s in item.sources if _is(terms, s.outlet_name, Terms.EXCLUDED)}
        kept = without_reports(without_words(item, limited | gone), gone)
        if kept.sources or not item.sources:
            headline = item.headline if not gone else kept.sources[0].title
            items.append(replace(kept, headline=headline))
    return replace(digest, items=tuple(items))


def _is(terms: dict[str, Terms], outlet: str, wanted: Terms) -> bool:
    return terms.get(outlet) is wanted
