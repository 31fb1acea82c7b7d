"""What an admin does about a story that is wrong: takes it back or corrects it, for the record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.news import LARGEST_ID
from bot.domain.compose import compose_item
from bot.domain.corrections import (
    LONGEST_REASON,
    LONGEST_TEXT,
    Correction,
    CorrectionKind,
    corrected,
)
from bot.domain.errors import InputError, NotFoundError
from bot.domain.model import DigestItem, ItemKind, Language, Story
from bot.domain.people import Admin, Operator, Person, check_admin
from bot.storage import corrections, digests, merges, readings, stories, summaries
from bot.storage.database import Database


@dataclass(frozen=True, kw_only=True, slots=True)
class Mending:
    """What is to be done, as it was asked for.

    ``sentence`` is its number in the summary as readers see it, or its text; ``text`` is the
    new headline or sentence (nothing takes the sentence out); ``url`` a report's address.
    """

    story_id: int
    kind: CorrectionKind
    reason: str
    language: Language
    sentence: str = ""
    text: str = ""
    url: str = ""


async def correct(
    database: Database,
    asked: Mending,
    by: Person | Operator,
    *,
    admins: Iterable[Admin],
    name: str,
    now: datetime,
) -> Correction:
    """Do it and record it under a name; posted digests are corrected by the running bot.

    Raises ForbiddenError for who is no admin, NotFoundError for a story that is not there, and
    InputError for what cannot be done.
    """
    check_admin(admins, by)
    _check_words(asked)
    async with database.write() as connection:
        story = await _find(connection, asked.story_id)
        made = await _mend(connection, asked, story, name=name, now=now)
        number = await corrections.add(connection, made)
    return replace(made, id=number)


async def list_corrections(
    database: Database, *, story_id: int | None = None, limit: int = 50
) -> Sequence[Correction]:
    """Return who mended what, when and why, the newest first."""
    async with database.read() as connection:
        return await corrections.newest(connection, limit=limit, story_id=story_id)


def _check_words(asked: Mending) -> None:
    if not 0 < len(asked.reason.strip()) <= LONGEST_REASON:
        raise InputError(
            f"Give a reason of at most {LONGEST_REASON} characters: readers see it with the story."
        )
    if len(asked.text) > LONGEST_TEXT:
        raise InputError(f"The text is longer than {LONGEST_TEXT} characters: shorten it.")
    if asked.kind is CorrectionKind.HEADLINE and not asked.text.strip():
        raise InputError("Give the new headline.")


async def _find(connection: AsyncConnection, story_id: int) -> Story:
    known = 0 < story_id <= LARGEST_ID
    story = await stories.get(connection, story_id, withdrawn=True) if known else None
    if story is None:
        raise NotFoundError(f"There is no story {story_id}: `news TOPIC` lists the ids.")
    return story


async def _mend(
    connection: AsyncConnection, asked: Mending, story: Story, *, name: str, now: datetime
) -> Correction:
    made = Correction(
        story_id=story.id,
        kind=asked.kind,
        reason=asked.reason.strip(),
        made_by=name,
        made_at=now,
    )
    new = " ".join(asked.text.split())
    match asked.kind:
        case CorrectionKind.WITHDRAW | CorrectionKind.RESTORE:
            await _withdraw(connection, story, asked.kind, now=now)
            return replace(made, before=story.headline)
        case CorrectionKind.HEADLINE:
            if asked.language.value == _lead_language(story):
                await stories.retitle(connection, story.id, new)
            return replace(made, language=asked.language.value, before=story.headline, after=new)
        case CorrectionKind.SENTENCE:
            before = await _sentence(connection, asked, story)
            return replace(made, language=asked.language.value, before=before, after=new)
        case CorrectionKind.REMOVE_ENTRY:
            entry_id = await _part(connection, asked, story)
            return replace(made, before=asked.url, entry_id=entry_id)


async def _withdraw(
    connection: AsyncConnection, story: Story, kind: CorrectionKind, *, now: datetime
) -> None:
    is_withdrawn = await stories.is_withdrawn(connection, story.id)
    if kind is CorrectionKind.RESTORE and not is_withdrawn:
        raise InputError(f"Story {story.id} is not withdrawn: there is nothing to restore.")
    if kind is CorrectionKind.WITHDRAW and is_withdrawn:
        raise InputError(f"Story {story.id} is withdrawn already.")
    await stories.withdraw(
        connection, story.id, at=now if kind is CorrectionKind.WITHDRAW else None
    )


def _lead_language(story: Story) -> str | None:
    return next((e.language for e in story.entries if e.id == story.lead_entry_id), None)


async def _sentence(connection: AsyncConnection, asked: Mending, story: Story) -> str:
    """Return the text of the sentence that is meant: by its number, or as a digest told it."""
    wanted = " ".join(asked.sentence.split())
    told = await _sentences(connection, asked.language, story)
    if wanted.isascii() and wanted.isdigit():
        if 1 <= int(wanted) <= len(told):
            return told[int(wanted) - 1]
        raise InputError(
            f"Story {story.id} has {len(told)} sentences in {asked.language.value}: "
            "give one of their numbers, the sentence itself, or another language."
        )
    if wanted in told or wanted in await _posted(connection, story):
        return wanted
    raise InputError(
        f"Story {story.id} was not told in these words: copy the sentence as it was posted, "
        "or give its number."
    )


async def _sentences(connection: AsyncConnection, language: Language, story: Story) -> list[str]:
    kept = (await summaries.latest(connection, [story.id], language)).get(story.id)
    known = {str(entry.id) for entry in story.entries}
    if kept is None or not all(known.issuperset(s.cites) for s in kept.sentences):
        return []
    made = (await corrections.of_stories(connection, [story.id])).get(story.id, ())
    item = corrected(compose_item(story, ItemKind.NEW, kept), made)
    return [sentence.text for sentence in item.sentences]


async def _posted(connection: AsyncConnection, story: Story) -> set[str]:
    ids = await merges.once_called(connection, [story.id])
    return {
        text
        for posted in await digests.posted_with(connection, ids)
        for digest in posted.digests
        for item in digest.items
        if item.story_id in ids
        for text in _said(item)
    }


def _said(item: DigestItem) -> list[str]:
    newest = [item.news.sentence] if item.news and item.news.sentence else []
    return [sentence.text for sentence in (*item.sentences, *newest)]


async def _part(connection: AsyncConnection, asked: Mending, story: Story) -> int:
    found = [entry for entry in story.entries if entry.url == asked.url.strip()]
    if not found:
        raise NotFoundError(
            f"Story {story.id} has no report at that address: `story {story.id}` lists them."
        )
    if len(story.entries) == len(found):
        raise InputError(f"It is the story's only report: withdraw story {story.id} instead.")
    await stories.part(connection, story, found[0].id)
    # What the readers remember of the story has to be read anew.
    await readings.break_seal(connection)
    return found[0].id
