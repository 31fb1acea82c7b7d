"""Discord: who is forgotten, which servers leave, and what a hostile server can forge."""

from typing import Any

import discord
import pytest

from bot.commands.desk import Desk
from bot.domain.errors import BudgetError, InputError, NotFoundError
from bot.domain.model import Destination
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.discord.membership import Membership
from bot.storage import installations
from bot.storage.database import Database
from tests.platforms.discord.conftest import Server, causes, subscribe, subscriptions


async def left(database: Database) -> set[str]:
    async with database.read() as connection:
        return {workspace for _, workspace in await installations.removed(connection)}


@pytest.fixture
async def hostile(server: Server) -> Server:
    """A second server of the same instance, whose manager is hostile."""
    guild = server.env.create_guild("Hostile")
    role = guild.create_role("Managers", permissions=discord.Permissions(manage_guild=True))
    return Server(
        env=server.env,
        guild=guild,
        manager=guild.add_member(server.env.create_user("mallory"), roles=[role]),
        member=guild.add_member(server.env.create_user("trudy")),
        channel=guild.create_text_channel("lair"),
        hidden=guild.create_text_channel("cave"),
    )


async def test_another_servers_number_leads_nowhere(
    server: Server, hostile: Server, desk: Desk
) -> None:
    """By command, by every verb; neither is it listed nor suggested."""
    await subscribe(server)
    [mine] = await subscriptions(desk, server)
    for verb in ("pause", "resume", "remove", "preview"):
        result = await hostile.manager.slash(hostile.channel, f"digest {verb}", id=mine.id)
        assert f"no subscription {mine.id} here" in result.response.content
    offered = await hostile.manager.autocomplete(hostile.channel, "digest remove", "id", "")
    listed = await hostile.manager.slash(hostile.channel, "digest list")
    assert offered == []
    assert "no subscriptions yet" in listed.response.content
    assert causes(server) == [NotFoundError] * 4
    assert await subscriptions(desk, server) == [mine]


async def test_another_servers_channel_is_not_subscribed(
    server: Server, hostile: Server, desk: Desk, platform: DiscordPlatform
) -> None:
    """A forged channel would have the victim's readers read what the hostile server wants."""
    victim = platform.client.get_channel(server.channel.id)
    assert isinstance(victim, discord.TextChannel)
    said = await subscribe_with_forged_channel(hostile, platform, victim)
    assert "choose" in said
    assert causes(server) == [InputError]
    assert await desk.subscriptions("discord", str(hostile.guild.id)) == []
    assert await subscriptions(desk, server) == []


async def subscribe_with_forged_channel(
    hostile: Server, platform: DiscordPlatform, victim: discord.TextChannel
) -> str:
    """Subscribe with the victim's channel, as a forged interaction would resolve it."""
    command = platform.client.tree.get_command("digest")
    assert isinstance(command, discord.app_commands.Group)
    subscribing: Any = command.get_command("subscribe")
    original = subscribing._callback

    async def forged(interaction: discord.Interaction, **options: Any) -> None:
        await original(interaction, **options | {"channel": victim})

    subscribing._callback = forged
    result = await hostile.manager.slash(hostile.channel, "digest subscribe", topic="japan-korea")
    subscribing._callback = original
    return str(result.response.content)


async def test_a_person_is_forgotten_in_every_server(
    server: Server, hostile: Server, desk: Desk
) -> None:
    """An id names the same person everywhere; nobody else's name goes, and digests go on."""
    await subscribe(server)
    await subscribe(hostile)
    said = await server.manager.slash(server.channel, "strait forget-me")
    assert said.ephemeral
    assert "without your name: 1" in said.response.content
    [mine], [theirs] = await subscriptions(desk, server), await subscriptions(desk, hostile)
    assert (mine.created_by, theirs.created_by) == (None, str(hostile.manager.id))
    again = await server.member.slash(server.channel, "strait forget-me")
    assert "Nothing here names you" in again.response.content


async def test_previews_have_a_budget(server: Server, hostile: Server, desk: Desk) -> None:
    """One server's is not another's."""
    await subscribe(server)
    await subscribe(hostile)
    [mine] = await subscriptions(desk, server)
    [theirs] = await subscriptions(desk, hostile)
    for _ in range(30):
        await desk.preview(theirs.id, platform="discord", workspace=str(hostile.guild.id))
    refused = await hostile.manager.slash(hostile.channel, "digest preview", id=theirs.id)
    assert "try again in 2 min" in refused.response.content
    shown = await server.manager.slash(server.channel, "digest preview", id=mine.id)
    assert shown.response.components
    assert causes(server) == [BudgetError]


async def test_a_server_that_removes_the_bot_gets_nothing_more(
    server: Server, hostile: Server, desk: Desk, database: Database
) -> None:
    """At once, and it alone."""
    await subscribe(server)
    await subscribe(hostile)
    server.env.backend.remove_guild(hostile.guild.id)
    await server.manager.slash(server.channel, "digest list")
    assert await left(database) == {str(hostile.guild.id)}
    async with database.read() as connection:
        present = await installations.subscribed(connection, "discord")
    assert present == {str(server.guild.id)}


async def test_a_server_that_left_while_nobody_listened_is_found(
    server: Server, desk: Desk, database: Database
) -> None:
    """At the next connection; one that is back by then goes on."""
    await subscribe(server)
    gone = Destination(platform="discord", workspace="4242", channel="1")
    await desk.subscribe(gone, topic="japan-korea", schedule="daily 08:00", created_by=None)
    await desk.workspace_left(str(server.guild.id), platform="discord")
    membership = Membership(desk)
    await membership.are([server.guild.id])
    assert await left(database) == {"4242"}
    await membership.joined(4242)
    assert await left(database) == set()


async def test_why_tells_managers_of_their_servers_digests_alone(
    server: Server, hostile: Server, desk: Desk, stored_story: int
) -> None:
    """Neither another server's, nor to members those of channels that they may not see."""
    await subscribe(server)
    [mine] = await subscriptions(desk, server)
    named = f"Subscription {mine.id} "
    told = await server.manager.slash(server.hidden, "why", what=str(stored_story))
    to_member = await server.member.slash(server.channel, "why", what=str(stored_story))
    elsewhere = await server.member.slash(server.hidden, "why", what=str(stored_story))
    outside = await hostile.manager.slash(hostile.channel, "why", what=str(stored_story))
    assert named in told.response.content
    assert named in to_member.response.content
    assert named not in elsewhere.response.content
    assert named not in outside.response.content
    assert "No subscription here" in outside.response.content
