"""Rolling feed files: whole or not at all, each digest once, corrected in place."""

import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest

from bot.domain.model import (
    Blocked,
    CorrectionNote,
    Delivery,
    DeliveryStatus,
    Destination,
    Digest,
    Language,
    Rejected,
    Sent,
    Unreachable,
)
from bot.platforms.feed.messenger import Feed, FeedMessenger
from bot.platforms.messenger import Editor
from bot.rendering.texts import Texts, load_texts
from tests.builders import NOW
from tests.rendering.conftest import LOCALES, UNTIL, a_digest

Make = Callable[..., FeedMessenger]


@pytest.fixture(scope="session")
def texts() -> dict[str, Texts]:
    return load_texts(LOCALES)


@pytest.fixture
def make(texts: dict[str, Texts]) -> Make:
    def messenger(path: Path | None, keep: int = 3) -> FeedMessenger:
        return FeedMessenger({"news": Feed(name="news", path=path, keep=keep)}, texts)

    return messenger


def delivery(messenger: FeedMessenger, number: int, **changes: Any) -> Delivery:
    digest = replace(a_digest(Language.EN), slot_at=UNTIL + timedelta(days=number), **changes)
    return Delivery(
        id=number,
        key=f"1-{number}-0-abc",
        destination=Destination(platform="feed", workspace="local", channel="news"),
        slot_at=NOW,
        part=0,
        payload=messenger.render(digest)[0],
        status=DeliveryStatus.PENDING,
    )


def ids(path: Path) -> list[str]:
    if path.suffix == ".json":
        return [item["id"] for item in json.loads(path.read_text())["items"]]
    parsed = feedparser.parse(path.read_bytes())
    assert not parsed.bozo
    return [entry.id for entry in parsed.entries]


@pytest.mark.parametrize("name", ["digests.atom", "digests.xml", "digests.json"])
async def test_the_file_keeps_the_last_digests(make: Make, tmp_path: Path, name: str) -> None:
    """The oldest one falls out, the newest comes first, whatever order they are sent in."""
    path = tmp_path / name
    messenger = make(path)
    for number in (1, 2, 4, 3, 5):
        assert isinstance(await messenger.send(delivery(messenger, number)), Sent)
    found = ids(path)
    assert len(found) == 3
    assert len(set(found)) == 3
    expected = make(tmp_path / f"other-{name}")
    for number in (5, 4, 3):
        await expected.send(delivery(expected, number))
    assert ids(tmp_path / f"other-{name}") == found
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", ["digests.atom", "digests.json"])
async def test_a_digest_that_is_sent_again_is_one_entry(
    make: Make, tmp_path: Path, name: str
) -> None:
    """A crash between the writing and its record leaves no second entry."""
    messenger = make(tmp_path / name)
    once = delivery(messenger, 1)
    assert isinstance(await messenger.find(once), Unreachable)
    await messenger.send(once)
    before = (tmp_path / name).read_bytes()
    assert isinstance(await messenger.find(once), Sent)
    await messenger.send(once)
    assert (tmp_path / name).read_bytes() == before


async def test_a_correction_takes_the_entry_s_place(make: Make, tmp_path: Path) -> None:
    """Same id and date of publication, a later update, the new words."""
    messenger = make(tmp_path / "digests.atom")
    assert isinstance(messenger, Editor)
    first = delivery(messenger, 1)
    await messenger.send(first)
    [before] = feedparser.parse((tmp_path / "digests.atom").read_bytes()).entries
    item = a_digest(Language.EN).items[0]
    note = CorrectionNote(at=UNTIL + timedelta(days=2), reason="Wrong.", withdrawn=True)
    gone = replace(item, headline="", sentences=(), sources=(), correction=note)
    edit = replace(delivery(messenger, 1, items=(gone,)), id=9, message_id="m", edits=1)
    await messenger.edit(edit)
    [after] = feedparser.parse((tmp_path / "digests.atom").read_bytes()).entries
    assert (after.id, after.published) == (before.id, before.published)
    assert after.updated_parsed > before.updated_parsed
    assert item.headline not in after.content[0].value
    assert "This story was withdrawn" in after.content[0].value


async def test_a_writer_that_dies_leaves_the_old_feed(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers never see half a feed, and no scrap stays behind."""
    path = tmp_path / "digests.atom"
    messenger = make(path)
    await messenger.send(delivery(messenger, 1))
    before = path.read_bytes()

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    outcome = await messenger.send(delivery(messenger, 2))
    assert isinstance(outcome, Unreachable)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == [".digests.atom.lock", "digests.atom"]


@pytest.mark.parametrize(
    "content", ["a diary", "<rss/>", "{}", '<!DOCTYPE a [<!ENTITY b "c">]><feed/>', "\xff"]
)
@pytest.mark.parametrize("name", ["digests.atom", "digests.json"])
async def test_a_file_of_another_program_is_left_alone(
    make: Make, tmp_path: Path, name: str, content: str
) -> None:
    """It is said, and nothing of it is overwritten."""
    path = tmp_path / name
    path.write_text(content, encoding="latin-1")
    messenger = make(path)
    outcome = await messenger.send(delivery(messenger, 1))
    assert isinstance(outcome, Blocked)
    assert "move it away" in outcome.problem
    assert path.read_text(encoding="latin-1") == content


async def test_writers_take_turns(make: Make, tmp_path: Path) -> None:
    """Two processes that hand over lose none of each other's entries."""
    import asyncio

    path = tmp_path / "digests.json"
    messenger = make(path, keep=40)

    def write(first: int) -> None:
        for number in range(first, 20, 2):
            asyncio.run(messenger.send(delivery(messenger, number)))

    threads = [threading.Thread(target=write, args=(first,)) for first in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert len(ids(path)) == 20


async def test_a_missing_folder_and_a_damaged_digest_are_said(make: Make, tmp_path: Path) -> None:
    """The first may come back, the second never will."""
    messenger = make(tmp_path / "gone" / "digests.atom")
    assert isinstance(await messenger.send(delivery(messenger, 1)), Unreachable)
    here = make(tmp_path / "digests.atom")
    damaged = replace(delivery(here, 1), payload="{}")
    assert isinstance(await here.send(damaged), Rejected)
    unknown = replace(
        delivery(here, 1), destination=Destination(platform="feed", workspace="l", channel="x")
    )
    assert isinstance(await here.send(unknown), Blocked)


async def test_a_feed_without_a_file_is_only_served(make: Make) -> None:
    """Its digests are in the database, where the web process reads them."""
    messenger = make(None)
    assert isinstance(await messenger.send(delivery(messenger, 1)), Sent)


def test_one_digest_is_one_entry(make: Make, tmp_path: Path) -> None:
    """However long it is."""
    long: Digest = a_digest(Language.EN)
    assert len(make(tmp_path / "a.atom").render(replace(long, items=long.items * 10))) == 1
