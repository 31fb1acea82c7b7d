"""What may be shown and kept of each outlet's reports: enforced here, for every query.

Whoever opens the database says the terms of its outlets; each transaction carries them, so
that a change counts for whatever is read from then on.
"""

from collections.abc import Callable, Collection
from dataclasses import replace

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.model import Entry
from bot.domain.outlets import OutletTerms
from bot.storage import facts
from bot.storage.hashes import content_hash
from bot.storage.schema import entries, readings, summaries

# The option by which a transaction carries the terms, to be asked for when an entry is read: a
# process that only sends never reads the outlets' cards.
OPTION = "strait_outlet_terms"

# The fact that names the terms which the stored texts were last brought under.
FACT = "outlet terms"

# Entries whose texts are dropped at a time.
PART = 500

FREE = OutletTerms()

Terms = Callable[[], OutletTerms]


def free() -> OutletTerms:
    """Return the terms under which everything may be used."""
    return FREE


def terms_of(connection: AsyncConnection) -> OutletTerms:
    """Return the terms that the transaction is under."""
    options = connection.sync_connection.get_execution_options()  # type: ignore[union-attr]
    found: Terms = options.get(OPTION, free)
    return found()


def shown(connection: AsyncConnection) -> list[ColumnElement[bool]]:
    """Return the conditions under which an entry may be shown at all."""
    excluded = terms_of(connection).excluded
    return [entries.c.outlet.not_in(sorted(excluded))] if excluded else []


def of_hidden(connection: AsyncConnection) -> list[ColumnElement[bool]]:
    """Return the condition that a reading's entry copies one that may not be shown."""
    excluded = terms_of(connection).excluded
    if not excluded:
        return []
    original = entries.alias("original")
    hidden = select(original.c.id).where(original.c.outlet.in_(sorted(excluded)))
    return [readings.c.duplicate_of.in_(hidden)]


def as_allowed(connection: AsyncConnection, entry: Entry) -> Entry:
    """Return an entry with what may be used of it: its text, or the headline alone."""
    if not entry.text or entry.outlet not in terms_of(connection).limited:
        return entry
    return replace(entry, text="", content_hash=content_hash(entry.title, ""))


async def enforce(connection: AsyncConnection) -> int:
    """Drop the stored texts that the terms no longer allow, and what was made of them.

    Does nothing where the terms are what they were; returns how many texts were dropped.
    """
    terms = terms_of(connection)
    known = await facts.get(connection, FACT)
    if (known or "") == terms.written:
        return 0
    dropped = await _drop_texts(connection, terms.limited)
    await facts.save(connection, FACT, terms.written)
    return dropped


async def is_enforced(connection: AsyncConnection) -> bool:
    """Tell whether the stored texts were brought under these very terms."""
    return (await facts.get(connection, FACT) or "") == terms_of(connection).written


async def _drop_texts(connection: AsyncConnection, outlets: Collection[str]) -> int:
    from bot.storage import search_index  # noqa: PLC0415 - slow to import, rarely needed

    mine = entries.c.outlet.in_(sorted(outlets))
    told = exists().where(
        readings.c.story_id == summaries.c.story_id, readings.c.entry_id == entries.c.id, mine
    )
    await connection.execute(delete(summaries).where(told))
    chosen = select(entries.c.id, entries.c.title).where(mine, entries.c.text != "")
    rows = (await connection.execute(chosen)).all()
    for at in range(0, len(rows), PART):
        some = rows[at : at + PART]
        ids = [row.id for row in some]
        # The index takes words out by the words that were put in: before they are gone.
        await search_index.forget(connection, ids)
        for row in some:
            headline = {"text": "", "content_hash": content_hash(row.title, "")}
            await connection.execute(
                update(entries).where(entries.c.id == row.id).values(**headline)
            )
        await search_index.update(connection, ids)
    return len(rows)
