"""Workspaces that leave and return, people who are forgotten, and tenants who forge ids."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import ColumnElement, Table, select, text

from bot.commands import subscriptions as use_cases
from bot.commands import workspaces
from bot.commands.budgets import Budgets, Expensive
from bot.domain.budget import Budget
from bot.domain.errors import BudgetError, ForbiddenError, NotFoundError
from bot.domain.model import Destination, Subscription, SubscriptionStatus
from bot.domain.people import Forgotten, Person, check_admin, parse_admin
from bot.domain.retention import Retention
from bot.jobs.prune import prune
from bot.storage import deliveries, digests, schema, subscriptions
from bot.storage.database import Database
from tests.builders import NOW, TASTE, parsed
from tests.jobs.test_prune import a_digest, poll, read

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINE = Destination(platform="slack", workspace="T1", channel="C1")
THEIRS = Destination(platform="slack", workspace="T2", channel="C1")
LOOKALIKE = Destination(platform="discord", workspace="T1", channel="C1")


async def subscribe(
    database: Database, where: Destination, *, created_by: str | None = "U1"
) -> Subscription:
    async with database.write() as connection:
        return await subscriptions.add(
            connection, where, TASTE, created_by=created_by, after=NOW - DAY, now=NOW - DAY
        )


async def fill(database: Database, mine: Subscription) -> None:
    """Give a subscription a digest, a delivery that waits, and something told."""
    async with database.write() as connection:
        digest = a_digest(1)
        await digests.save(connection, [mine.id], digest, slot_at=NOW, now=NOW)
        await digests.save_told(connection, [mine.destination], digest, now=NOW)
        await deliveries.add(connection, mine, ["payload"], slot_at=NOW, now=NOW)


@pytest.fixture
async def tenants(database: Database) -> tuple[Subscription, Subscription, Subscription]:
    """Three tenants whose names and channels look alike, each with a full history."""
    await poll(database, [parsed(1)])
    await read(database, [1])
    made = [await subscribe(database, where) for where in (MINE, THEIRS, LOOKALIKE)]
    for one in made:
        await fill(database, one)
    return made[0], made[1], made[2]


async def everything(database: Database, workspace: str, platform: str) -> list[list[object]]:
    """Return every row of a tenant's, of all tables that have any."""

    def owned(table: Table) -> ColumnElement[bool]:
        return (table.c.platform == platform) & (table.c.workspace == workspace)

    ids = select(schema.subscriptions.c.id).where(owned(schema.subscriptions))
    direct = (schema.subscriptions, schema.deliveries, schema.told)
    queries = [
        *(select(table).where(owned(table)) for table in direct),
        select(schema.digests).where(schema.digests.c.subscription_id.in_(ids)),
    ]
    async with database.read() as connection:
        return [list((await connection.execute(query)).all()) for query in queries]


async def active(database: Database) -> list[int]:
    async with database.read() as connection:
        return [one.id for one in await subscriptions.active(connection)]


async def leave(database: Database, workspace: str = "T1", *, at: timedelta = timedelta()) -> None:
    await workspaces.leave(database, platform="slack", workspace=workspace, now=NOW + at)


async def test_a_forged_id_leads_nowhere(
    database: Database, tenants: tuple[Subscription, ...]
) -> None:
    """A hostile tenant names another's subscription in every way there is."""
    mine, theirs, _ = tenants
    before = await everything(database, "T1", "slack")
    hostile = {"platform": "slack", "workspace": "T2"}
    with pytest.raises(NotFoundError):
        await use_cases.pause(database, mine.id, **hostile)
    with pytest.raises(NotFoundError):
        await use_cases.resume(database, mine.id, **hostile, now=NOW)
    with pytest.raises(NotFoundError):
        await use_cases.remove(database, mine.id, **hostile)
    with pytest.raises(NotFoundError):
        await use_cases.find_subscription(database, mine.id, **hostile)
    async with database.write() as connection:
        forged = replace(mine, destination=theirs.destination, taste=replace(TASTE, max_stories=1))
        await subscriptions.save_change(connection, forged)
        await deliveries.cancel(connection, mine.id, **hostile, problem="hostile")
    await leave(database, "T2")
    assert await everything(database, "T1", "slack") == before
    assert await use_cases.list_subscriptions(database, "slack", "T2") == [theirs]


async def test_platforms_do_not_share_their_workspaces(
    database: Database, tenants: tuple[Subscription, ...]
) -> None:
    """A Discord server whose number is a Slack team's owns nothing of it."""
    before = await everything(database, "T1", "discord")
    await leave(database)
    await workspaces.forget_person(database, "U1", platform="slack", workspace="T1")
    await prune(database=database, keep=Retention(), now=NOW + 60 * DAY, pause=timedelta())
    kept = await everything(database, "T1", "discord")
    assert [len(rows) for rows in kept] == [len(rows) for rows in before]
    assert kept[0] == before[0]


async def test_a_workspace_that_leaves_gets_nothing_more(
    database: Database, tenants: tuple[Subscription, ...]
) -> None:
    """At once: no digest is written, and what waits is given up."""
    mine, theirs, lookalike = tenants
    await leave(database)
    assert await active(database) == [theirs.id, lookalike.id]
    async with database.write() as connection:
        # A digest that was being composed when it left is not saved either.
        assert not await subscriptions.lock(connection, [mine.id])
        due = await deliveries.claim_due(connection, ["slack"], now=NOW, lease=HOUR, limit=9)
    assert [one.destination.workspace for one in due] == ["T2"]


async def test_a_workspace_that_returns_in_time_goes_on(
    database: Database, tenants: tuple[Subscription, ...]
) -> None:
    """With its subscriptions as they were, from the next slot on; nothing is made up for."""
    mine, _, _ = tenants
    await leave(database)
    later = NOW + 29 * DAY
    await prune(database=database, keep=Retention(), now=later, pause=timedelta())
    assert await workspaces.join(database, ["T1", "T9"], platform="slack", now=later) == ["T1"]
    [same] = await use_cases.list_subscriptions(database, "slack", "T1")
    assert same == replace(mine, last_slot_at=later)
    assert same.id in await active(database)


async def test_a_paused_subscription_is_still_paused_on_return(
    database: Database, tenants: tuple[Subscription, ...]
) -> None:
    """Leaving and returning is no way to resume."""
    mine, _, _ = tenants
    await use_cases.pause(database, mine.id, platform="slack", workspace="T1")
    await leave(database)
    await workspaces.join(database, ["T1"], platform="slack", now=NOW + DAY)
    [same] = await use_cases.list_subscriptions(database, "slack", "T1")
    assert same.status is SubscriptionStatus.PAUSED


@pytest.mark.usefixtures("tenants")
async def test_after_the_grace_nothing_is_left(database: Database) -> None:
    """Of that workspace; its neighbours keep everything."""
    before = await everything(database, "T2", "slack")
    await leave(database)
    pruned = await prune(database=database, keep=Retention(), now=NOW + 31 * DAY, pause=timedelta())
    assert pruned.removed_subscriptions == 1
    assert await everything(database, "T1", "slack") == [[], [], [], []]
    kept = await everything(database, "T2", "slack")
    assert (kept[0], kept[2]) == (before[0], before[2])
    async with database.read() as connection:
        rows = await connection.execute(text("SELECT count(*) FROM installations"))
        assert rows.scalar_one() == 0


async def test_more_subscriptions_than_one_transaction_drops(database: Database) -> None:
    """All go, however many."""
    for number in range(120):
        await subscribe(database, replace(MINE, channel=f"C{number}"))
    await leave(database)
    pruned = await prune(database=database, keep=Retention(), now=NOW + 31 * DAY, pause=timedelta())
    assert pruned.removed_subscriptions == 120


async def test_what_was_missed_is_made_up_for(
    database: Database, tenants: tuple[Subscription, ...]
) -> None:
    """A workspace may leave, and another return, while nobody listens."""
    mine, _, lookalike = tenants
    direct = await subscribe(database, replace(MINE, workspace="@U7", channel="@U7"))
    await leave(database)
    left = await workspaces.reconcile(database, {"T1", "T8"}, platform="slack", now=NOW)
    assert left == ["T2"]
    assert await active(database) == [mine.id, lookalike.id, direct.id]
    assert await workspaces.reconcile(database, {"T1", "T8"}, platform="slack", now=NOW) == []


async def test_a_person_is_forgotten(database: Database, tenants: tuple[Subscription, ...]) -> None:
    """Their name goes, and what came to them alone; what channels get goes on."""
    mine, theirs, _ = tenants
    direct = await subscribe(database, replace(MINE, channel="@U1"))
    await fill(database, direct)
    other = await subscribe(database, replace(MINE, channel="@U2"), created_by="U2")
    gone = await workspaces.forget_person(database, "U1", platform="slack", workspace="T1")
    assert gone == Forgotten(subscriptions=1, messages=1, unnamed=1)
    left = await use_cases.list_subscriptions(database, "slack", "T1")
    assert left == [replace(mine, created_by=None), other]
    # The same id in another workspace is somebody else.
    assert await use_cases.list_subscriptions(database, "slack", "T2") == [theirs]
    again = await workspaces.forget_person(database, "U1", platform="slack", workspace="T1")
    assert again.nothing


async def test_ids_that_name_people_everywhere_are_forgotten_everywhere(
    database: Database,
) -> None:
    """Of one platform: another's ids are other people's."""
    for where in (MINE, THEIRS, LOOKALIKE):
        await subscribe(database, where)
    gone = await workspaces.forget_person(database, "U1", platform="slack", workspace=None)
    assert gone.unnamed == 2
    [same] = await use_cases.list_subscriptions(database, "discord", "T1")
    assert same.created_by == "U1"


def test_a_budget_is_each_workspaces_own() -> None:
    """One that asks without end hears when to try again; the others hear nothing of it."""
    budgets = Budgets({Expensive.PREVIEW: Budget(most=2)})
    for _ in range(2):
        budgets.spend(Expensive.PREVIEW, platform="slack", workspace="T2", now=NOW)
    with pytest.raises(BudgetError, match=r"2 an hour: try again in 30 min\."):
        budgets.spend(Expensive.PREVIEW, platform="slack", workspace="T2", now=NOW)
    for platform, workspace in (("slack", "T1"), ("discord", "T2")):
        budgets.spend(Expensive.PREVIEW, platform=platform, workspace=workspace, now=NOW)
    with pytest.raises(BudgetError, match="in 1 min"):
        later = NOW + timedelta(minutes=29, seconds=30)
        budgets.spend(Expensive.PREVIEW, platform="slack", workspace="T2", now=later)
    budgets.spend(Expensive.PREVIEW, platform="slack", workspace="T2", now=NOW + HOUR / 2)


def test_a_clock_set_back_opens_no_budget() -> None:
    """Nor does it close one."""
    budgets = Budgets({Expensive.PREVIEW: Budget(most=2)})
    for hours in (0, -5):
        budgets.spend(Expensive.PREVIEW, platform="slack", workspace="T1", now=NOW + hours * HOUR)
    with pytest.raises(BudgetError):
        budgets.spend(Expensive.PREVIEW, platform="slack", workspace="T1", now=NOW - 5 * HOUR)


@pytest.mark.parametrize(
    ("platform", "workspace", "user", "may"),
    [
        ("discord", "G1", "42", True),
        ("slack", "T1", "U2", True),
        ("slack", "T2", "U2", False),  # the same id in a hostile workspace
        ("slack", "T1", "42", False),
        ("discord", "G1", "U2", False),
    ],
)
def test_only_the_admins_named_own_the_instance(
    platform: str, workspace: str, user: str, may: bool
) -> None:
    """On their platform and, where it is named, in their workspace."""
    admins = [parse_admin("discord:42"), parse_admin("slack:T1/U2")]
    person = Person(platform=platform, workspace=workspace, user=user)
    if may:
        check_admin(admins, person)
        return
    with pytest.raises(ForbiddenError, match="STRAIT_ADMINS"):
        check_admin(admins, person)
