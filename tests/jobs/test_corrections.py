"""What was told wrong is corrected: at once where it is looked up, then where it was posted."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.commands.corrections import Mending, correct, list_corrections
from bot.commands.news import as_digest, latest_news, story_detail
from bot.domain.corrections import Correction, CorrectionKind
from bot.domain.errors import ForbiddenError, InputError, NotFoundError
from bot.domain.growth import grow
from bot.domain.model import (
    Delivery,
    DeliveryStatus,
    Digest,
    FeedSpec,
    Language,
    Rejected,
    SendOutcome,
    Sent,
    Story,
    Unknown,
)
from bot.domain.outlets import Outlets
from bot.domain.people import Admin, Operator, Person
from bot.jobs.send_deliveries import send_deliveries
from bot.jobs.spread_corrections import spread_corrections
from bot.jobs.write_digests import DigestWriter, PutOff, write_digests
from bot.platforms.messenger import Messenger
from bot.storage import entries, feeds, readings, stories, subscriptions
from bot.storage.database import Database
from bot.storage.schema import deliveries as delivery_table
from bot.summarize.extractive import ExtractiveSummarizer
from tests.builders import CHANNEL, NOW, OUTLETS, TASTE, parsed, reading, topic
from tests.jobs.test_slots import Paper

KIND = CorrectionKind
TEXTS = (
    "Leaders of both countries met in Seoul on Monday. They agreed on 3 visits a year.",
    "The leaders met in Seoul on Monday for ninety minutes. They agreed on 5 visits a year.",
)


class Wall(Paper):
    """A messenger whose messages can be read: what is on the wall now, by message id."""

    def __init__(self, per_part: int = 10) -> None:
        super().__init__()
        self.per_part = per_part
        self.messages: dict[str, str] = {}
        self.edits = 0
        self.answers: list[SendOutcome] = []

    def render(self, digest: Digest) -> tuple[str, ...]:
        self.digests.append(digest)
        told = [
            f"{item.headline}|{' '.join(s.text for s in item.sentences)}|{item.correction}"
            for item in digest.items
        ]
        notes = [f"notice:{n.headline}:{n.note.reason}" for n in digest.corrections]
        lines = [*notes, *told]
        starts = range(0, max(1, len(lines)), self.per_part)
        return tuple("\n".join(lines[at : at + self.per_part]) for at in starts)

    async def send(self, delivery: Delivery) -> SendOutcome:
        self.messages[delivery.key] = delivery.payload
        return Sent(message_id=delivery.key)


class EditableWall(Wall):
    def render_moved(self, digest: Digest) -> str:
        return "moved"

    async def edit(self, delivery: Delivery) -> SendOutcome:
        self.edits += 1
        if self.answers:
            return self.answers.pop(0)
        self.messages[str(delivery.message_id)] = delivery.payload
        return Sent(message_id=str(delivery.message_id))


@dataclass
class Desk:
    """A bot with two stories of a day, told to one channel."""

    database: Database
    wall: Wall
    now: object = field(default=NOW)

    async def publish(self, number: int, story_id: int, text: str, **changes: object) -> int:
        item = parsed(number, text=text, published_at=NOW - timedelta(hours=1), **changes)
        async with self.database.write() as connection:
            spec = FeedSpec(url=f"https://h.example/{number}/rss", name="H", outlet="hanbit")
            feed = await feeds.add(connection, spec, countries={}, now=NOW)
            await entries.save_parsed(connection, feed, [item], outlets=Outlets(OUTLETS), now=NOW)
            [entry] = await entries.unread(connection, limit=1)
            read = reading(entry.id, story_id=story_id)
            before = await stories.get(connection, story_id)
            await stories.save(connection, [grow(before, story_id, [(entry, read)])])
            await readings.save(connection, [read])
            await entries.mark_read(connection, [entry])
        return entry.id

    async def subscribe(self) -> None:
        async with self.database.write() as connection:
            await subscriptions.add(
                connection, CHANNEL, TASTE, created_by=None, after=NOW - timedelta(days=1), now=NOW
            )

    async def write(self, *, days: int = 0) -> list[Digest]:
        before = len(self.wall.digests)
        now = NOW + timedelta(days=days)
        messengers: dict[str, Messenger] = {"console": self.wall}
        await spread_corrections(database=self.database, messengers=messengers, now=now)
        before = len(self.wall.digests)
        await write_digests(
            database=self.database,
            writer=DigestWriter(self.database, ExtractiveSummarizer()),
            topics={"japan-korea": topic()},
            messengers=messengers,
            max_words=60,
            put_off=PutOff(),
            now=now,
        )
        return self.wall.digests[before:]

    async def send(self) -> None:
        await send_deliveries(
            database=self.database, messengers={"console": self.wall}, clock=lambda: NOW
        )

    async def spread(self, **later: float) -> int:
        return await spread_corrections(
            database=self.database,
            messengers={"console": self.wall},
            now=NOW + timedelta(**later),
        )

    async def correct(self, kind: CorrectionKind, story_id: int = 1, **given: str) -> Correction:
        asked = Mending(
            story_id=story_id, kind=kind, reason="It was wrong.", language=Language.EN, **given
        )
        return await correct(self.database, asked, Operator(), admins=(), name="cli:test", now=NOW)

    async def story(self, story_id: int = 1) -> Story:
        return (await story_detail(self.database, story_id)).story

    async def edits(self) -> list[str]:
        async with self.database.read() as connection:
            rows = await connection.execute(
                delivery_table.select().where(delivery_table.c.edits.is_not(None))
            )
            return [row.status for row in rows]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, EditableWall())


async def told(desk: Desk) -> None:
    """Tell the channel of both stories."""
    await desk.publish(1, 1, TEXTS[0], title="Leaders meet in Seoul")
    await desk.publish(2, 1, TEXTS[1], title="Leaders hold talks in Seoul")
    await desk.publish(3, 2, "A ferry line to Busan opens again on Friday.", title="Ferry to Busan")
    await desk.subscribe()
    assert len(await desk.write()) == 1
    await desk.send()


async def test_a_withdrawn_story_is_taken_off_the_wall(desk: Desk) -> None:
    """The message is edited in place, with the reason; the other story stays."""
    await told(desk)
    await desk.correct(KIND.WITHDRAW)
    assert await desk.spread() == 1
    await desk.send()
    [message] = desk.wall.messages.values()
    assert "Leaders" not in message
    assert "withdrawn=True" in message
    assert "It was wrong." in message
    assert "Ferry to Busan" in message


async def test_a_withdrawn_story_is_found_no_more(desk: Desk) -> None:
    """Neither by its id nor in the news, and no later digest tells it, however it grows."""
    await told(desk)
    await desk.correct(KIND.WITHDRAW)
    with pytest.raises(NotFoundError):
        await desk.story()
    found = await latest_news(desk.database, topic(), since=timedelta(days=1), limit=10, now=NOW)
    assert [story.id for story in found.stories] == [2]
    async with desk.database.read() as connection:
        grown = await stories.by_ids(connection, [1], withdrawn=True)
    assert grown[1].version == 2
    later = await desk.write(days=1)
    assert [item.story_id for digest in later for item in digest.items] == []


async def test_a_restored_story_is_told_again(desk: Desk) -> None:
    """What was withdrawn by mistake is back in the look-ups, and in the posted message."""
    await told(desk)
    before = dict(desk.wall.messages)
    await desk.correct(KIND.WITHDRAW)
    await desk.spread()
    await desk.correct(KIND.RESTORE)
    await desk.spread()
    await desk.send()
    assert (await desk.story()).id == 1
    assert desk.wall.messages == before


async def test_a_sentence_is_replaced_where_it_was_posted_and_where_it_is_looked_up(
    desk: Desk,
) -> None:
    """By its number, in every message and look-up, with the note."""
    await told(desk)
    digest = desk.wall.digests[-1]
    item = next(item for item in digest.items if item.story_id == 1)
    await desk.correct(KIND.SENTENCE, sentence="1", text="They met.")
    await desk.spread()
    await desk.send()
    [message] = desk.wall.messages.values()
    assert "They met." in message
    assert item.sentences[0].text not in message
    found = await latest_news(desk.database, topic(), since=timedelta(days=1), limit=10, now=NOW)
    looked_up = await as_digest(desk.database, found, language=Language.EN, zone="UTC")
    again = next(item for item in looked_up.items if item.story_id == 1)
    assert again.sentences[0].text == "They met."
    assert again.sentences[0].sources == item.sentences[0].sources
    assert again.correction is not None
    assert again.correction.reason == "It was wrong."


async def test_a_sentence_without_a_new_text_is_taken_out(desk: Desk) -> None:
    """The rest of the summary stays."""
    await told(desk)
    item = next(i for i in desk.wall.digests[-1].items if i.story_id == 1)
    await desk.correct(KIND.SENTENCE, sentence=item.sentences[0].text)
    await desk.spread()
    await desk.send()
    [message] = desk.wall.messages.values()
    assert item.sentences[0].text not in message


async def test_a_headline_is_replaced(desk: Desk) -> None:
    """In posted messages and in the list of stories."""
    await told(desk)
    await desk.correct(KIND.HEADLINE, text="The two leaders meet")
    await desk.spread()
    await desk.send()
    assert "The two leaders meet" in next(iter(desk.wall.messages.values()))
    assert (await desk.story()).headline == "The two leaders meet"


async def test_a_report_that_joined_wrongly_is_taken_out_for_good(desk: Desk) -> None:
    """Its sentences go, another report leads, and reading it again does not bring it back."""
    await told(desk)
    lead = (await desk.story()).lead_entry_id
    await desk.correct(KIND.REMOVE_ENTRY, url="https://h.example/1")
    story = await desk.story()
    assert [entry.url for entry in story.entries] == ["https://h.example/2"]
    assert (story.headline, story.lead_entry_id != lead) == ("Leaders hold talks in Seoul", True)
    async with desk.database.write() as connection:
        await readings.save(connection, [reading(lead, story_id=1)])
    assert len((await desk.story()).entries) == 1
    await desk.spread()
    await desk.send()
    assert "3 visits" not in next(iter(desk.wall.messages.values()))


async def test_the_only_report_cannot_be_taken_out(desk: Desk) -> None:
    """A story without reports is none: it is withdrawn."""
    await told(desk)
    with pytest.raises(InputError, match="withdraw story 2"):
        await desk.correct(KIND.REMOVE_ENTRY, 2, url="https://h.example/3")


async def test_nothing_is_edited_twice(desk: Desk) -> None:
    """Looking through the posted digests again finds them as they should be."""
    await told(desk)
    await desk.correct(KIND.WITHDRAW)
    assert await desk.spread() == 1
    assert await desk.spread() == 0
    assert await desk.spread(minutes=3) == 0
    await desk.send()
    assert await desk.edits() == [DeliveryStatus.SENT]
    assert desk.wall.edits == 1


async def test_an_edit_of_unknown_fate_is_made_again_and_nothing_is_posted_anew(
    desk: Desk,
) -> None:
    """A lost answer costs a second edit of the same message, never a second message."""
    await told(desk)
    await desk.correct(KIND.WITHDRAW)
    await desk.spread()
    desk.wall.answers = [Unknown(problem="the answer was lost")]
    await desk.send()
    assert await desk.edits() == [DeliveryStatus.SENDING]
    await send_deliveries(
        database=desk.database,
        messengers={"console": desk.wall},
        clock=lambda: NOW + timedelta(minutes=5),
    )
    assert await desk.edits() == [DeliveryStatus.SENT]
    assert len(desk.wall.messages) == 1


async def test_what_cannot_be_edited_is_told_with_the_next_digest_once(
    database: Database,
) -> None:
    """A console has no way back: the next digest says what was wrong."""
    desk = Desk(database, Wall())
    await told(desk)
    await desk.correct(KIND.WITHDRAW)
    (first,) = await desk.write(days=1)
    (second,) = await desk.write(days=2)
    [notice] = first.corrections
    assert (notice.story_id, notice.note.reason) == (1, "It was wrong.")
    assert notice.note.withdrawn
    assert second.corrections == ()


async def test_a_refused_edit_is_told_with_the_next_digest(desk: Desk) -> None:
    """The platform takes no change of it, say after too long a time."""
    await told(desk)
    await desk.correct(KIND.WITHDRAW)
    await desk.spread()
    desk.wall.answers = [Rejected(problem="too old")]
    await desk.send()
    (made,) = await desk.write(days=1)
    assert [notice.story_id for notice in made.corrections] == [1]


async def test_a_message_that_waits_is_corrected_before_it_is_sent(desk: Desk) -> None:
    """Nobody ever sees the wrong one."""
    await desk.publish(1, 1, TEXTS[0], title="Leaders meet in Seoul")
    await desk.subscribe()
    await desk.write()
    await desk.correct(KIND.WITHDRAW)
    await desk.spread()
    await desk.send()
    assert await desk.edits() == []
    assert "Leaders" not in next(iter(desk.wall.messages.values()))


async def test_a_part_that_has_nothing_left_says_where_its_stories_went(
    database: Database,
) -> None:
    """Fewer stories make fewer messages: the last one is not left with what it said."""

    class Shrinking(EditableWall):
        def render(self, digest: Digest) -> tuple[str, ...]:
            left = [item for item in digest.items if item.headline]
            self.digests.append(digest)
            return tuple(item.headline for item in left) or ("nothing",)

    desk = Desk(database, Shrinking())
    await told(desk)
    assert len(desk.wall.messages) == 2
    await desk.correct(KIND.WITHDRAW)
    await desk.spread()
    await desk.send()
    assert sorted(desk.wall.messages.values()) == ["Ferry to Busan", "moved"]


async def test_a_digest_that_cannot_be_rendered_holds_up_nothing(desk: Desk) -> None:
    """It is logged once, and the digests that are due are written."""
    await told(desk)
    await desk.correct(KIND.WITHDRAW)
    render, desk.wall.render = desk.wall.render, broken  # type: ignore[method-assign]
    assert await desk.spread() == 0
    desk.wall.render = render  # type: ignore[method-assign]
    assert await desk.spread() == 0
    assert len(await desk.write(days=1)) == 1


def broken(digest: Digest) -> tuple[str, ...]:
    raise RuntimeError("the layout is broken")


async def test_only_admins_correct(desk: Desk) -> None:
    """Others are told who can, and nothing changes; what an admin does bears their name."""
    await told(desk)
    asked = Mending(story_id=1, kind=KIND.WITHDRAW, reason="Because.", language=Language.EN)
    admins = (Admin(platform="discord", user="7"),)
    stranger = Person(platform="discord", workspace="1", user="8")
    with pytest.raises(ForbiddenError):
        await correct(desk.database, asked, stranger, admins=admins, name="discord:8", now=NOW)
    assert (await desk.story()).id == 1
    admin = Person(platform="discord", workspace="1", user="7")
    await correct(desk.database, asked, admin, admins=admins, name="discord:7", now=NOW)
    [made] = await list_corrections(desk.database, story_id=1)
    assert (made.made_by, made.reason, made.made_at) == ("discord:7", "Because.", NOW)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": KIND.HEADLINE}, "Give the new headline"),
        ({"kind": KIND.SENTENCE, "sentence": "9"}, "give one of their numbers"),
        ({"kind": KIND.SENTENCE, "sentence": "Never said."}, "not told in these words"),
        ({"kind": KIND.RESTORE}, "nothing to restore"),
        ({"kind": KIND.REMOVE_ENTRY, "url": "https://x.example"}, "no report at that address"),
        ({"kind": KIND.WITHDRAW, "story_id": 99}, "no story 99"),
    ],
)
async def test_what_cannot_be_done_is_said(desk: Desk, given: dict[str, object], said: str) -> None:
    """In one sentence, and nothing is recorded."""
    await told(desk)
    with pytest.raises((InputError, NotFoundError), match=said):
        await desk.correct(**given)  # type: ignore[arg-type]
    assert await list_corrections(desk.database) == []
