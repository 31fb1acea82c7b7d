"""Digests as lines of a file, whole or not at all."""

import asyncio
import json
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.model import (
    Blocked,
    Delivery,
    DeliveryStatus,
    Destination,
    Language,
    Rejected,
    Sent,
    Unknown,
    Unreachable,
)
from bot.platforms.file.messenger import FileMessenger
from bot.rendering.texts import load_texts
from tests.builders import NOW
from tests.rendering.conftest import LOCALES, a_digest


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "digests.jsonl"


@pytest.fixture
def messenger(path: Path) -> FileMessenger:
    return FileMessenger({"archive": path}, load_texts(LOCALES))


@pytest.fixture
def delivery(messenger: FileMessenger) -> Delivery:
    return Delivery(
        id=1,
        key="1-1795000000-0-ab12cd34",
        destination=Destination(platform="file", workspace="local", channel="archive"),
        slot_at=NOW,
        part=0,
        payload=messenger.render(a_digest(Language.JA))[0],
        status=DeliveryStatus.PENDING,
    )


def keys(path: Path) -> list[str]:
    return [json.loads(line)["key"] for line in path.read_text(encoding="utf-8").splitlines()]


@contextmanager
def full_disk(path: Path, *, more: int) -> Iterator[None]:
    """Let files grow by so many bytes more, as on a disk that is nearly full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = path.stat().st_size if path.exists() else 0
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


async def test_each_delivery_is_a_line(
    messenger: FileMessenger, delivery: Delivery, path: Path
) -> None:
    """In order, with its key, readable by its owner alone."""
    other = replace(delivery, key="2-1795000000-0-ab12cd34")
    assert await messenger.send(delivery) == Sent(message_id=delivery.key)
    await messenger.send(other)
    assert keys(path) == [delivery.key, other.key]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_line_is_found_again(messenger: FileMessenger, delivery: Delivery) -> None:
    """By its own key alone: the file is its own history."""
    assert isinstance(await messenger.find(delivery), Unreachable)
    await messenger.send(delivery)
    assert await messenger.find(delivery) == Sent(message_id=delivery.key)
    longer = replace(delivery, key=delivery.key[:-1])
    assert isinstance(await messenger.find(longer), Unreachable)


async def test_a_key_within_a_text_is_not_the_delivery(
    messenger: FileMessenger, delivery: Delivery
) -> None:
    """A feed cannot suppress a digest by what it says."""
    hostile = json.dumps({"text": f'{{"key":"{delivery.key}",'})
    await messenger.send(replace(delivery, key="other", payload=hostile))
    assert isinstance(await messenger.find(delivery), Unreachable)


@pytest.mark.parametrize("kept", [1, 20, -1])
async def test_a_torn_last_line_is_cut_off(
    messenger: FileMessenger, delivery: Delivery, path: Path, kept: int
) -> None:
    """What a writer that died left of it, be it all but the line break, does not count."""
    first = replace(delivery, key="first")
    await messenger.send(first)
    whole = path.read_bytes()
    await messenger.send(delivery)
    line = path.read_bytes()[len(whole) :]
    path.write_bytes(whole + line[:kept])
    assert isinstance(await messenger.find(delivery), Unreachable)
    assert isinstance(await messenger.send(delivery), Sent)
    assert keys(path) == ["first", delivery.key]


async def test_a_long_torn_line_is_cut_off_too(
    messenger: FileMessenger, delivery: Delivery, path: Path
) -> None:
    """Longer than what is read at once."""
    path.write_bytes(b'{"key":"first"}\n' + b"x" * 200_000)
    await messenger.send(delivery)
    assert keys(path) == ["first", delivery.key]


async def test_a_full_disk_leaves_no_half_line(
    messenger: FileMessenger, delivery: Delivery, path: Path
) -> None:
    """Nothing of the digest is there: it is tried again when there is room."""
    await messenger.send(replace(delivery, key="first"))
    before = path.read_bytes()
    with full_disk(path, more=100):
        outcome = await messenger.send(delivery)
    assert isinstance(outcome, Unreachable)
    assert str(path) in outcome.problem
    assert path.read_bytes() == before
    assert isinstance(await messenger.send(delivery), Sent)


async def test_two_writers_do_not_mix_their_lines(
    messenger: FileMessenger, delivery: Delivery, path: Path
) -> None:
    """Two processes run while one hands over to the next."""
    script = (
        "import sys; from pathlib import Path; from bot.platforms.file.lines import append\n"
        'for n in range(100): append(Path(sys.argv[1]), b\'{"key":"other"}\')'
    )
    other = subprocess.Popen([sys.executable, "-c", script, str(path)])  # noqa: ASYNC220
    for number in range(100):
        await messenger.send(replace(delivery, key=f"own-{number}"))
    assert await asyncio.to_thread(other.wait) == 0
    assert sorted(keys(path)) == sorted(["other"] * 100 + [f"own-{n}" for n in range(100)])


async def test_a_folder_that_is_gone_is_told(
    delivery: Delivery, tmp_path: Path, messenger: FileMessenger
) -> None:
    """It may come back, as a disk that is not mounted yet."""
    away = FileMessenger({"archive": tmp_path / "gone" / "digests.jsonl"}, {})
    assert isinstance(await away.send(delivery), Unreachable)
    # What it holds nobody knows until it is back.
    assert isinstance(await away.find(delivery), Unknown)


async def test_a_file_that_cannot_be_read_proves_nothing(
    delivery: Delivery, tmp_path: Path
) -> None:
    """A folder of the file's name, for one."""
    (tmp_path / "digests.jsonl").mkdir()
    odd = FileMessenger({"archive": tmp_path / "digests.jsonl"}, {})
    assert isinstance(await odd.find(delivery), Unknown)


async def test_what_the_settings_no_longer_name_is_blocked(delivery: Delivery) -> None:
    """The digest waits for its file."""
    assert isinstance(await FileMessenger({}, {}).send(delivery), Blocked)
    assert isinstance(await FileMessenger({}, {}).find(delivery), Unknown)


async def test_a_damaged_payload_is_rejected(
    messenger: FileMessenger, delivery: Delivery, path: Path
) -> None:
    """A hand-edited outbox does not stop the others."""
    assert isinstance(await messenger.send(replace(delivery, payload="{")), Rejected)
    assert not path.exists()
