"""What can go wrong with a Postgres is told in words with the mend, and nothing is half-saved."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from bot.domain.errors import StorageError
from bot.settings.database import database_url
from bot.settings.mistakes import Mistakes
from bot.storage import engines
from bot.storage.database import Database
from bot.storage.schema import facts
from tests.fakes.postgres import PostgresServer


@pytest.fixture
async def database(postgres_database: Database) -> Database:
    return postgres_database


def as_given(url: str) -> Database:
    """Return the database of an address in DATABASE_URL."""
    return Database(database_url(url, Mistakes()))


async def save(database: Database, name: str) -> None:
    async with database.write() as connection:
        await connection.execute(facts.insert().values(name=name, value="1"))


async def names(database: Database) -> list[str]:
    """Return what tests have saved; migrations have facts of their own."""
    async with database.read() as connection:
        found = (await connection.execute(facts.select())).scalars().all()
    return sorted(name for name in found if not name.startswith("search-"))


def name_of(database: Database) -> str:
    return str(database.url.database)


async def test_a_connection_lost_while_idle_is_replaced(
    postgres: PostgresServer, database: Database
) -> None:
    """Nobody notices a failover that nobody was in the middle of."""
    await save(database, "before")
    assert postgres.terminate(name_of(database)) > 0
    await save(database, "after")
    assert await names(database) == ["after", "before"]


async def test_a_connection_lost_in_a_transaction_saves_nothing_of_it(
    postgres: PostgresServer, database: Database
) -> None:
    """It is told, and the next transaction has a new connection."""
    with pytest.raises(StorageError, match=r"connection to the database .* was lost"):
        async with database.write() as connection:
            await connection.execute(facts.insert().values(name="half", value="1"))
            postgres.terminate(name_of(database))
            await connection.execute(facts.insert().values(name="other half", value="1"))
    assert await names(database) == []
    await save(database, "whole")


async def test_a_connection_lost_before_the_commit_saves_nothing(
    postgres: PostgresServer, database: Database
) -> None:
    """A body that ended well is no promise yet."""
    with pytest.raises(StorageError, match="was lost"):
        async with database.write() as connection:
            await connection.execute(facts.insert().values(name="half", value="1"))
            postgres.terminate(name_of(database))
    assert await names(database) == []


async def test_a_server_that_crashes_and_comes_back_is_waited_for(
    postgres: PostgresServer, database: Database
) -> None:
    """A restart of a second is not an error."""
    await save(database, "before")
    postgres.stop()
    coming_back = asyncio.create_task(asyncio.to_thread(postgres.start))
    await save(database, "after")
    await coming_back
    assert await names(database) == ["after", "before"]


async def test_a_server_that_is_down_is_told_and_nothing_hangs(
    postgres: PostgresServer, database: Database
) -> None:
    """With where it was looked for."""
    postgres.stop("fast")
    try:
        with pytest.raises(StorageError, match=r"Cannot connect to the database .* at 127\.0\.0"):
            await save(database, "lost")
    finally:
        postgres.start()
    assert await names(database) == []


async def test_a_process_that_freezes_in_a_transaction_loses_its_locks(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others go on; when it wakes it is told, and what it had begun is not saved."""
    monkeypatch.setattr(engines, "IDLE_TIMEOUT_MS", 200)
    with pytest.raises(StorageError, match="was lost"):
        async with database.write() as connection:
            await connection.execute(facts.insert().values(name="locked", value="frozen"))
            # Waits for the frozen one's row, until the server ends that transaction.
            await save(database, "locked")
            await connection.execute(text("SELECT 1"))
    assert await names(database) == ["locked"]


async def test_a_statement_that_takes_too_long_is_stopped(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake in a query must not hold a connection for ever."""
    monkeypatch.setattr(engines, "STATEMENT_TIMEOUT_MS", 50)
    with pytest.raises(StorageError, match="took too long and was stopped"):
        async with database.read() as connection:
            await connection.execute(text("SELECT pg_sleep(30)"))
    assert await names(database) == []


async def test_a_lock_that_stays_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The holder goes on; who waited too long saves nothing."""
    monkeypatch.setattr(engines, "LOCK_TIMEOUT_MS", 50)
    async with database.write() as connection:
        await connection.execute(facts.insert().values(name="locked", value="1"))
        with pytest.raises(StorageError, match=r"keeps rows of the database .* locked"):
            await save(database, "locked")
    assert await names(database) == ["locked"]


async def test_transactions_that_wait_for_each_other_are_told_apart(database: Database) -> None:
    """One of them is given up and told so; the other is saved."""
    await save(database, "a")
    await save(database, "b")
    both = asyncio.Barrier(2)

    async def change(first: str, second: str) -> None:
        async with database.write() as connection:
            for name in (first, second):
                change = facts.update().where(facts.c.name == name).values(value=first)
                await connection.execute(change)
                if name == first:
                    await both.wait()

    ended = await asyncio.gather(change("a", "b"), change("b", "a"), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ended) == ["NoneType", "StorageError"]


async def test_when_every_connection_is_in_use_it_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the setting that allows more."""
    monkeypatch.setattr(engines, "POOL_TIMEOUT", 0.05)
    url = database.url.render_as_string(hide_password=False)
    small = Database(url, connections=1)
    async with small.read():
        with pytest.raises(StorageError, match="raise STRAIT_DATABASE_CONNECTIONS"):
            await names(small)
    assert await names(small) == []
    await small.close()


async def test_a_process_never_opens_more_connections_than_it_may(
    postgres: PostgresServer, migrated_postgres_url: str
) -> None:
    """Small plans count them; the rest waits its turn."""
    database = Database(migrated_postgres_url, connections=3)
    await asyncio.gather(*(save(database, f"n{number}") for number in range(20)))
    open_now = postgres.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", name_of(database)
    )
    assert open_now[0][0] <= 3
    assert len(await names(database)) == 20
    await database.close()


@pytest.fixture(scope="module")
def roles(postgres: PostgresServer) -> None:
    """A user with a password that is no address's, one that may not connect, one over its plan."""
    postgres.execute("CREATE ROLE guarded LOGIN PASSWORD 'p@ss/w:r%d?#한'")
    postgres.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    postgres.execute("CREATE ROLE overfull LOGIN")


@pytest.fixture
async def opened() -> AsyncIterator[list[Database]]:
    """Databases to be closed."""
    databases: list[Database] = []
    yield databases
    for database in databases:
        await database.close()


@pytest.mark.usefixtures("roles")
async def test_a_password_of_any_characters_reaches_the_server(
    postgres: PostgresServer, database: Database
) -> None:
    """As an address encodes it."""
    url = postgres.url(name_of(database), user="guarded", password="p@ss/w:r%d?#한")  # noqa: S106
    guarded = as_given(url)
    await guarded.check_connection()
    await guarded.close()


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("postgres@", "guarded:wrong@"), "refuses the user or the password"),
        (("postgres@", "guarded@"), "refuses the user or the password"),
        (("postgres@", "nobody@"), "refuses the user or the password"),
        (("strait_", "missing_"), "database missing_.* does not exist: create it"),
        (("postgres@", "crowded@"), "no more connections: lower STRAIT_DATABASE_CONNECTIONS"),
        (("127.0.0.1", "nohost.invalid"), "Cannot find the host of the database"),
        (("?", "?sslmode=require&"), r"speaks no TLS: leave \?sslmode="),
        (("?", "?sslmod=require&"), "option that Postgres does not know: .*sslmod"),
    ],
)
async def test_what_keeps_one_from_connecting_is_told_with_the_mend(
    postgres: PostgresServer,
    database: Database,
    opened: list[Database],
    change: tuple[str, str],
    told: str,
) -> None:
    """In one sentence, without the password."""
    url = postgres.url(name_of(database)) + "?connect_timeout=5"
    wrong = as_given(url.replace(*change))
    opened.append(wrong)
    with pytest.raises(StorageError, match=told) as raised:
        await wrong.check_connection()
    assert "wrong" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.usefixtures("roles")
async def test_a_user_that_may_not_write_is_told(
    postgres: PostgresServer, database: Database, opened: list[Database]
) -> None:
    """Heroku takes INSERT away from a database that is over its plan."""
    name = name_of(database)
    postgres.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO overfull", database=name)
    reader = as_given(postgres.url(name, user="overfull"))
    opened.append(reader)
    assert await names(reader) == []
    with pytest.raises(StorageError, match="allows this user no writing: nothing was saved"):
        await save(reader, "x")
    postgres.execute("DROP OWNED BY overfull", database=name)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("53100", "The disk of the database .* is full: nothing was saved"),
        ("53200", "is out of memory: nothing was saved"),
        ("40001", "keeps rows of the database .* locked"),
        ("57P03", "starting or stopping"),
        ("08006", "was lost"),
    ],
)
async def test_what_the_server_reports_by_code_is_told_in_words(
    database: Database, state: str, told: str
) -> None:
    """The code is the same in every language that a server may speak."""
    report = f"DO $$ BEGIN RAISE EXCEPTION 'ヽ(ﾟДﾟ)ﾉ' USING ERRCODE = '{state}'; END $$"
    with pytest.raises(StorageError, match=told):
        async with database.write() as connection:
            await connection.execute(facts.insert().values(name="half", value="1"))
            await connection.execute(text(report))
    assert await names(database) == []


async def test_a_server_of_other_settings_gives_the_same_times(
    postgres: PostgresServer, database: Database
) -> None:
    """Its time zone is not ours; a transaction's settings end with it."""
    zone = "ALTER DATABASE {} SET TimeZone = 'Asia/Seoul'"
    postgres.execute(zone.format(name_of(database)))
    async with database.read() as connection:
        shown = await connection.execute(text("SELECT current_setting('TimeZone')"))
        assert shown.scalar() == "UTC"
