"""Who asks to be forgotten is no longer named by their corrections; the corrections stay."""

from bot.commands.workspaces import forget_person
from bot.domain.corrections import Correction, CorrectionKind
from bot.storage import corrections, stories
from bot.storage.database import Database
from bot.storage.schema import entries
from tests.builders import NOW, entry, story


async def correct(database: Database, *names: str) -> None:
    async with database.write() as connection:
        values = {c.name: getattr(entry(1), c.name, None) for c in entries.c}
        await connection.execute(
            entries.insert().values(**values | {"feed_id": None, "unread": False})
        )
        await stories.save(connection, [story(1)])
        for name in names:
            made = Correction(
                story_id=1,
                kind=CorrectionKind.WITHDRAW,
                reason="Wrong.",
                made_by=name,
                made_at=NOW,
            )
            await corrections.add(connection, made)


async def names(database: Database) -> list[str]:
    async with database.read() as connection:
        return sorted(one.made_by for one in await corrections.newest(connection, limit=10))


async def test_on_discord_a_person_is_forgotten_everywhere(database: Database) -> None:
    """An id names the same person in all servers, and nobody else is touched."""
    await correct(database, "discord:7", "discord:77", "slack:T1/7", "cli:7")
    gone = await forget_person(database, "7", platform="discord", workspace=None)
    assert gone.unnamed == 1
    assert await names(database) == ["cli:7", "discord:77", "discord:forgotten", "slack:T1/7"]


async def test_on_slack_a_person_is_forgotten_in_the_workspace(database: Database) -> None:
    """Slack's ids name people within a workspace only."""
    await correct(database, "slack:T1/U1", "slack:T2/U1")
    await forget_person(database, "U1", platform="slack", workspace="T1")
    assert await names(database) == ["slack:T2/U1", "slack:forgotten"]
