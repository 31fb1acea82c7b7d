"""The bot, killed at named points and at random times: nothing lost, nothing twice.

A short run of `benchmarks.crash`, which does it a thousand times on each database.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from benchmarks.crash_migrations import migrations_survive
from benchmarks.crash_receivers import Kind
from benchmarks.crash_report import Tally, Told
from benchmarks.crash_run import Run
from benchmarks.crash_whole import WholeRun
from bot.domain.model import DeliveryStatus
from tests.fakes.postgres import PostgresServer

# The points come in random order, the same for each seed.
KILLS, CHANNELS = 8, 20

NewUrl = Callable[[str], str]
RunOf = AbstractAsyncContextManager[Run]


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def server(database_kind: str, request: pytest.FixtureRequest) -> PostgresServer | None:
    if database_kind == "sqlite":
        return None
    found: PostgresServer = request.getfixturevalue("postgres")
    return found


@pytest.fixture
def new_url(server: PostgresServer | None, tmp_path: Path) -> NewUrl:
    """Return a function that makes the address of a new database of each kind."""
    if server is None:
        return lambda name: f"sqlite:///{tmp_path}/{name}.sqlite3"
    return lambda _: server.url(server.create())


@pytest.fixture
def run_of(new_url: NewUrl, server: PostgresServer | None) -> Callable[[Kind], RunOf]:
    """Return a function that opens a run with few channels."""
    return lambda kind: Run.open(new_url("run"), kind, seed=1, server=server, channels=CHANNELS)


@pytest.mark.parametrize(
    ("kind", "database_kind"),
    [
        (Kind.KEY, "postgres"),
        (Kind.LOOK_UP, "sqlite"),
        (Kind.SLACK, "postgres"),
        (Kind.DISCORD, "sqlite"),
    ],
    indirect=["database_kind"],
)
async def test_kills_lose_and_repeat_nothing(kind: Kind, run_of: Callable[[Kind], RunOf]) -> None:
    """Where the platform can be asked or knows what comes twice, nothing is uncertain either."""
    async with run_of(kind) as run:
        await run.kill(KILLS)
        tally = await run.settle()
    assert tally.kills == KILLS
    assert tally.expected >= KILLS
    assert tally.is_right, tally


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_where_nobody_can_tell_nothing_is_guessed(run_of: Callable[[Kind], RunOf]) -> None:
    """Lost and repeated stay none; what is uncertain is told with its cause."""
    async with run_of(Kind.BLIND) as run:
        await run.kill(KILLS)
        tally = await run.settle()
    assert tally.uncertain
    assert all("cannot be asked" in problem for problem in tally.uncertain)
    assert tally.is_right, tally


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
async def test_the_whole_bot_sends_each_digest_once(database_kind: str, new_url: NewUrl) -> None:
    """Two processes at once plan, compose, render and send to both platforms, and are killed."""
    url = new_url("whole")
    async with WholeRun.open(url, seed=1, name=database_kind, shortens=True) as run:
        tally = await run.crash(KILLS)
    assert tally.kills == KILLS
    assert tally.is_right, tally


async def test_a_migration_that_is_killed_is_made_whole(
    database_kind: str, new_url: NewUrl
) -> None:
    """Between any two of its statements, from nothing and from the first schema with data."""
    tally = await migrations_survive(new_url, 3, 1, name=database_kind)
    assert tally.kills >= 3
    assert tally.is_right, tally


SENT = Told(status=DeliveryStatus.SENT, problem=None)
UNCERTAIN = Told(status=DeliveryStatus.UNCERTAIN, problem="Nobody knows.")
A, B = ("c1", "a"), ("c1", "b")


@pytest.mark.parametrize(
    ("arrived", "told", "found"),
    [
        ([A, B], {A: SENT, B: SENT}, None),
        ([A], {A: SENT, B: SENT}, "lost"),
        ([A], {A: SENT}, "lost"),
        ([A, B, A], {A: SENT, B: SENT}, "repeated"),
        ([B, A], {A: SENT, B: SENT}, "disordered"),
        ([A, B, ("c1", "c")], {A: SENT, B: SENT}, "strange"),
        ([A, B], {A: SENT, B: Told(status=DeliveryStatus.FAILED, problem="x")}, "unfinished"),
        ([A], {A: SENT, B: UNCERTAIN}, "uncertain"),
    ],
)
def test_the_count_finds_each_kind_of_fault(
    arrived: list[tuple[str, str]], told: dict[tuple[str, str], Told], found: str | None
) -> None:
    """A harness that cannot see a fault would prove nothing."""
    tally = Tally(database="sqlite", kind="webhook, key")
    tally.count({"c1": ["a", "b"]}, arrived, told)
    faults = ("lost", "repeated", "strange", "disordered", "unfinished", "uncertain")
    assert [name for name in faults if getattr(tally, name)] == ([found] if found else [])
    assert tally.is_right == (found is None)


def test_a_point_that_is_never_met_is_told() -> None:
    """A name that the bot's code has no more would else look like a thousand good kills."""
    tally = Tally(database="sqlite", kind="webhook, key")
    tally.aimed["after claim"] = 10
    for _ in range(10):
        tally.killed("random time")
    assert tally.unmet == ["after claim"]
    assert not tally.is_right
