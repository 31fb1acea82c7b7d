"""Everything moves between SQLite and Postgres, both ways, or nothing does."""

import asyncio
import gzip
import hashlib
import json
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, insert
from sqlalchemy.types import Uuid

from bot.domain.errors import InputError, StorageError
from bot.domain.model import FeedSpec
from bot.domain.outlets import Outlets
from bot.storage import archive, entries, facts, feeds, restore, transfer
from bot.storage.database import Database
from bot.storage.restore import DERIVED, restore_database
from bot.storage.schema import deliveries, metadata, readings
from bot.storage.schema import facts as facts_table
from bot.storage.schema import feeds as feeds_table
from bot.storage.transfer import Moved, export_database, kind_of
from tests.builders import NOW, OUTLETS, parsed
from tests.fakes.postgres import PostgresServer
from tests.storage.rows import Snapshot, fill, snapshot

Opener = Callable[[], Database]


@pytest.fixture
async def empty(
    postgres: PostgresServer, tmp_path: Path
) -> AsyncIterator[Callable[[str], Database]]:
    """Makes databases that are not set up, of the kind that is asked for."""
    made: list[Database] = []

    def make(kind: str) -> Database:
        url = f"sqlite+aiosqlite:///{tmp_path}/{len(made)}.sqlite3"
        if kind == "postgres":
            url = postgres.engine_url(postgres.create())
        made.append(Database(url))
        return made[-1]

    yield make
    for database in made:
        await database.close()
        if not database.is_sqlite:
            postgres.drop(str(database.url.database))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.jsonl.gz"


async def filled(database: Database, seed: int = 1) -> dict[str, Snapshot]:
    async with database.altering() as connection:
        await connection.run_sync(lambda c: fill(c, seed=seed))
    return await held(database)


async def held(database: Database) -> dict[str, Snapshot]:
    async with database.read() as connection:
        return await connection.run_sync(snapshot)


async def export(database: Database, file: Path, *, with_secrets: bool = True) -> Moved:
    return await export_database(database, file, now=NOW, with_secrets=with_secrets)


def content_of(file: Path) -> bytes:
    return file.read_bytes()


def write(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def is_there(file: Path) -> bool:
    return file.exists()


def lines(file: Path) -> list[Any]:
    return [json.loads(line) for line in gzip.open(file, "rt", encoding="utf-8")]


def rewrite(file: Path, changed: list[Any]) -> None:
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(line) + "\n" for line in changed)


async def test_a_round_trip_gives_the_same_bytes(
    database: Database, empty: Callable[[str], Database], tmp_path: Path
) -> None:
    """From each kind of database to the other and back, whatever the rows hold."""
    before = await filled(database)
    other = empty("postgres" if database.is_sqlite else "sqlite")
    back = empty("sqlite" if database.is_sqlite else "postgres")
    files = [tmp_path / f"{number}.jsonl.gz" for number in range(3)]
    for source, target, file in ((database, other, files[0]), (other, back, files[1])):
        moved = await export(source, file)
        assert (await restore_database(target, file)).rows == moved.rows
        assert await held(target) == before
    await export(back, files[2])
    assert content_of(files[0]) == content_of(files[1]) == content_of(files[2])


def rows_of(table: Table) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Return lists of a table's rows, without references."""
    row = st.fixed_dictionaries({c.name: values_of(c) for c in table.columns})
    return st.lists(row, max_size=4, unique_by=(lambda row: row["id"], lambda row: row["url"]))


def values_of(column: Column[Any]) -> st.SearchStrategy[Any]:
    length = getattr(column.type, "length", None)
    storable = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    kinds = {
        "text": st.text(storable, max_size=length or 60),
        "int": st.integers(-(2**31), 2**31 - 1),
        "bool": st.booleans(),
        "time": st.datetimes(timezones=st.just(NOW.tzinfo)),
    }
    values = kinds[kind_of(column)]
    return st.none() | values if column.nullable else values


FEEDS = Table("feeds", MetaData(), *(c._copy() for c in feeds_table.columns))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=rows_of(feeds_table), facts_held=st.dictionaries(st.text(max_size=20), st.text()))
async def test_any_rows_survive_the_way_to_the_other_database_and_back(
    sqlite_database: Database,
    postgres_database: Database,
    tmp_path: Path,
    rows: list[dict[str, Any]],
    facts_held: dict[str, str],
) -> None:
    """Every character, moment and number that a database can store."""
    one, two = tmp_path / "one.gz", tmp_path / "two.gz"
    for row in rows:
        row["named_url"] = f"{row['url']}'"
    async with sqlite_database.write() as connection:
        await connection.execute(feeds_table.delete())
        await connection.execute(facts_table.delete())
        if rows:
            await connection.execute(insert(feeds_table), rows)
        for name, value in facts_held.items():
            await facts.save(connection, name, value)
    await export(sqlite_database, one)
    await restore_database(postgres_database, one, replace=True)
    await export(postgres_database, two)
    assert content_of(one) == content_of(two)
    before = await held(sqlite_database)
    await restore_database(sqlite_database, two, replace=True)
    assert await held(sqlite_database) == before


async def test_new_rows_are_numbered_after_the_restored_ones(
    database: Database, empty: Callable[[str], Database], file: Path
) -> None:
    """Else the first new feed would have the id of an old one."""
    await filled(database)
    await export(database, file)
    for kind in ("sqlite", "postgres"):
        target = empty(kind)
        await restore_database(target, file)
        async with target.write() as connection:
            spec = FeedSpec(url="https://new.example/rss", name="New")
            added = await feeds.add(connection, spec, countries={}, now=NOW)
        assert added.id == 7


async def test_an_export_is_of_one_moment(database: Database, file: Path) -> None:
    """The bot goes on meanwhile: what it saves is in the export whole, or not at all."""
    spec = FeedSpec(url="https://h.example/rss", name="Hanbit", outlet="hanbit")
    async with database.write() as connection:
        feed = await feeds.add(connection, spec, countries={}, now=NOW)
    ended = asyncio.Event()

    async def go_on() -> int:
        number = 0
        while not ended.is_set():
            number += 1
            async with database.write() as connection:
                items = [parsed(number)]
                await entries.save_parsed(
                    connection, feed, items, outlets=Outlets(OUTLETS), now=NOW
                )
                await facts.save(connection, "count", str(number))
        return number

    going = asyncio.create_task(go_on())
    counts = []
    for _ in range(10):
        await export(database, file)
        rows = {section.table: rows for section, rows in archive.batches(file, size=10_000)}
        [[_, count]] = [row for row in rows["facts"] if row[0] == "count"] or [["", "0"]]
        assert len(rows["entries"]) == int(count)
        counts.append(int(count))
    ended.set()
    assert await going > counts[0]
    assert counts[-1] > counts[0]


async def test_an_export_is_for_its_owner_alone_and_there_whole_or_not_at_all(
    database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but the file is left, whether it ends well or not."""
    await filled(database)
    await export(database, file)
    assert mode_of(file) == 0o600
    whole = content_of(file)

    def fail(_count: int) -> None:
        raise RuntimeError("midway")

    with pytest.raises(RuntimeError, match="midway"):
        await export_database(database, file, now=NOW, on_rows=fail)
    assert content_of(file) == whole
    assert [path.name for path in file.parent.iterdir() if "backup" in path.name] == [file.name]


async def test_an_export_that_cannot_be_written_is_told(database: Database, tmp_path: Path) -> None:
    """With the file and the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"file/backup.* cannot be written: "):
        await export(database, tmp_path / "file" / "backup.gz")


@pytest.mark.parametrize("share", [0, 0.02, 0.5, 0.9, 0.999])
async def test_a_file_that_was_cut_short_changes_nothing(
    database: Database, file: Path, share: float
) -> None:
    """It is read to its end before anything is touched."""
    before = await filled(database)
    await export(database, file)
    whole = content_of(file)
    write(file, whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match=r"cut short|no export of Strait"):
        await restore_database(database, file, replace=True)
    assert await held(database) == before


def without_a_row(content: list[Any]) -> list[Any]:
    return [line for number, line in enumerate(content) if number != 3]


def with_another_value(content: list[Any]) -> list[Any]:
    content[2][1] = "changed"
    return content


def with_a_row_too_short(content: list[Any]) -> list[Any]:
    return [*content[:2], content[2][:-1], *content[3:]]


def with_an_unknown_kind(content: list[Any]) -> list[Any]:
    content[1]["columns"]["name"] = "pickle"
    return content


@pytest.mark.parametrize(
    "change", [without_a_row, with_another_value, with_a_row_too_short, with_an_unknown_kind]
)
async def test_a_file_that_was_changed_is_refused(
    database: Database, file: Path, change: Callable[[list[Any]], list[Any]]
) -> None:
    """Its hash says so, before anything is touched."""
    before = await filled(database)
    await export(database, file)
    rewrite(file, change(lines(file)))
    with pytest.raises(InputError, match="is damaged: nothing was restored"):
        await restore_database(database, file, replace=True)
    assert await held(database) == before


@pytest.mark.parametrize("content", [b"", b"Dear diary", gzip.compress(b'{"a": 1}\n', mtime=0)])
async def test_another_file_is_refused(
    sqlite_database: Database, file: Path, content: bytes
) -> None:
    """With what makes a right one."""
    write(file, content)
    with pytest.raises(InputError, match="no export of Strait"):
        await restore_database(sqlite_database, file)


async def test_a_missing_file_is_told(sqlite_database: Database, file: Path) -> None:
    """In words."""
    with pytest.raises(InputError, match="cannot be read: No such file"):
        await restore_database(sqlite_database, file)


@pytest.mark.parametrize("change", [{"strait-export": 2}, {"schema": "9999"}])
async def test_an_export_of_a_newer_version_is_refused(
    database: Database, file: Path, change: dict[str, Any]
) -> None:
    """It may hold what this version does not know; nothing is changed."""
    before = await filled(database)
    await export(database, file)
    header, *rest = lines(file)
    body = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in rest[:-1]]
    first = json.dumps(header | change, ensure_ascii=False, separators=(",", ":"))
    end = rest[-1] | {
        "sha256": hashlib.sha256(
            "".join(f"{line}\n" for line in [first, *body]).encode()
        ).hexdigest()
    }
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in [first, *body, json.dumps(end)])
    with pytest.raises(InputError, match="made by a newer version of Strait"):
        await restore_database(database, file, replace=True)
    assert await held(database) == before


async def test_a_database_that_holds_something_is_kept_unless_asked(
    database: Database, empty: Callable[[str], Database], file: Path
) -> None:
    """A restore into the wrong place must not cost what is there."""
    before = await filled(database, seed=1)
    other = empty("sqlite" if database.is_sqlite else "postgres")
    await other.migrate()
    wanted = await filled(other, seed=2)
    await export(other, file)
    with pytest.raises(InputError, match=r"holds something already: .* --replace"):
        await restore_database(database, file)
    assert await held(database) == before
    await restore_database(database, file, replace=True)
    assert await held(database) == wanted


async def test_a_restore_that_fails_midway_changes_nothing(database: Database, file: Path) -> None:
    """Not even the tables that it had replaced already."""
    before = await filled(database)
    await export(database, file)

    def fail(_count: int) -> None:
        raise RuntimeError("midway")

    with pytest.raises(RuntimeError, match="midway"):
        await restore_database(database, file, replace=True, on_rows=fail)
    assert await held(database) == before
    await database.check()


async def test_references_hold_after_a_restore(
    database: Database, empty: Callable[[str], Database], file: Path
) -> None:
    """On both databases, as if the rows had been saved one by one."""
    await filled(database)
    await export(database, file)
    for kind in ("sqlite", "postgres"):
        target = empty(kind)
        await restore_database(target, file)
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            async with target.write() as connection:
                orphan = {"story_id": 999, "entry_id": 1}
                await connection.execute(readings.update().values(**orphan))


async def test_a_database_that_is_not_set_up_cannot_be_exported(
    empty: Callable[[str], Database], file: Path
) -> None:
    """It is told to set it up first."""
    with pytest.raises(StorageError, match="python -m bot migrate"):
        await export(empty("sqlite"), file)
    assert not is_there(file)


async def test_secrets_stay_at_home_unless_asked(
    database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns and tables that say so of themselves, and credentials in addresses."""
    monkeypatch.setitem(deliveries.c.message_id.info, "secret", True)
    monkeypatch.setitem(facts_table.info, "secret", True)
    async with database.write() as connection:
        for url in ("https://me:pw@h.example/rss?api_key=s3cret&q=a", "https://h.example/rss?q=a"):
            spec = FeedSpec(url=url, name="H")
            await feeds.add(connection, spec, countries={}, now=NOW)
    await export(database, file, with_secrets=False)
    found = {line["table"]: line["columns"] for line in lines(file)[:-1] if "table" in line}
    assert "facts" not in found
    assert "message_id" not in found["deliveries"]
    text = gzip.decompress(content_of(file)).decode()
    assert "https://h.example/rss?api_key=&q=a#1" in text
    assert "https://h.example/rss?q=a" in text
    assert "s3cret" not in text
    assert "pw@" not in text
    assert lines(file)[0]["secrets"] is False
    restored = await restore_database(database, file, replace=True)
    assert not restored.secrets
    await export(database, file, with_secrets=True)
    assert (
        "message_id"
        in {line["table"]: line for line in lines(file)[:-1] if "table" in line}["deliveries"][
            "columns"
        ]
    )


def test_every_column_has_a_kind() -> None:
    """A column of a new type is found here, not by a user whose export fails."""
    for table in metadata.tables.values():
        for column in table.columns:
            assert kind_of(column) in archive.KINDS
    with pytest.raises(TypeError, match="no export for"):
        kind_of(Column("x", Uuid()))


async def test_every_table_is_exported_or_made_from_others(database: Database) -> None:
    """A table that a migration makes by hand must say which."""

    def names(connection: Any) -> set[str]:
        found = MetaData()
        found.reflect(connection)
        return {name for name in found.tables if not name.startswith(DERIVED)}

    async with database.read() as connection:
        assert await connection.run_sync(names) == {*metadata.tables, "alembic_version"}


async def test_memory_does_not_grow_with_the_database(
    sqlite_database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are fetched and written so many at once."""
    monkeypatch.setattr(transfer, "BATCH", 10)
    monkeypatch.setattr(restore, "BATCH", 10)
    async with sqlite_database.write() as connection:
        rows = [{"name": f"{number:03}", "value": "x"} for number in range(95)]
        await connection.execute(insert(facts_table), rows)
    written: list[int] = []
    moved = await export_database(sqlite_database, file, now=NOW, on_rows=written.append)
    assert (max(written), sum(written)) == (10, moved.total)
    restored: list[int] = []
    await restore_database(sqlite_database, file, replace=True, on_rows=restored.append)
    assert (max(restored), sum(restored)) == (10, moved.total)
    assert moved.total >= len(rows)
