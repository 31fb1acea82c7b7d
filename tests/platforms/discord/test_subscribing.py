"""`/digest`: who may subscribe a server's channels, to what, and when."""

from dataclasses import asdict

import discord
import pytest

from bot.commands.desk import Desk
from bot.domain.errors import InputError, NotFoundError
from bot.domain.model import (
    Destination,
    SubscriptionStatus,
)
from bot.platforms.discord.client import DiscordPlatform
from bot.storage import schema
from bot.storage.database import Database
from tests.builders import NOW
from tests.fakes.discord_rest import texts_of
from tests.platforms.discord.conftest import Server, causes, subscribe, subscriptions


async def test_a_manager_subscribes_this_channel(server: Server, desk: Desk) -> None:
    """The answer says what comes, where and when first."""
    said = await subscribe(
        server, schedule="daily 7:30", zone="asia/tokyo", language="ja", stories=5
    )
    [made] = await subscriptions(desk, server)
    assert made.destination == Destination(
        platform="discord", workspace=str(server.guild.id), channel=str(server.channel.id)
    )
    assert (made.taste.language, made.taste.max_stories) == ("ja", 5)
    assert made.taste.schedule.zone == "Asia/Tokyo"
    assert made.created_by == str(server.manager.id)
    assert f"<#{server.channel.id}>" in said
    assert "daily at 07:30 (Asia/Tokyo)" in said


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ("weekly friday 08:00", "every Friday at 08:00"),
        ("weekly mon, thu 8:00", "every Monday and Thursday at 08:00"),
        ("weekdays 08:00,18:00", "on weekdays at 08:00 and 18:00"),
        ("every 6 hours from 02:00", "every 6 hours from 02:00"),
        ("hourly", "every 1 hour from 00:00"),
    ],
)
async def test_every_kind_of_schedule_is_told_in_words(
    server: Server, schedule: str, told: str
) -> None:
    """The answer shows what was understood."""
    assert f"{told} (Asia/Seoul)" in await subscribe(server, schedule=schedule)


async def test_a_subscription_is_changed(server: Server, desk: Desk) -> None:
    """What is not named stays as it is."""
    await subscribe(server, schedule="daily 08:00", language="ja")
    [made] = await subscriptions(desk, server)
    result = await server.manager.slash(
        server.channel, "digest change", id=made.id, schedule="weekdays 09:00", stories=3
    )
    assert "on weekdays at 09:00 (Asia/Seoul)" in result.response.content
    [changed] = await subscriptions(desk, server)
    assert (changed.taste.language, changed.taste.max_stories) == ("ja", 3)


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ({}, "say what to change"),
        ({"schedule": "every 0 hours"}, "from 1 to 24"),
        ({"zone": "Asia/Soul"}, 'did you mean "Asia/Seoul"'),
    ],
)
async def test_a_mistaken_change_changes_nothing(
    server: Server, desk: Desk, options: dict[str, str], mend: str
) -> None:
    """One sentence with the mend."""
    await subscribe(server)
    [made] = await subscriptions(desk, server)
    result = await server.manager.slash(server.channel, "digest change", id=made.id, **options)
    assert mend in result.response.content.replace("\\", "")
    assert causes(server) == [InputError]
    assert await subscriptions(desk, server) == [made]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("", {"name": "daily at 08:00", "value": "daily 08:00"}),
        ("7:15", {"name": "daily at 07:15", "value": "daily 07:15"}),
        ("thu", {"name": "every Thursday at 08:00", "value": "weekly thursday 08:00"}),
        (
            "weekly mon,wed 9:00",
            {
                "name": "every Monday and Wednesday at 09:00",
                "value": "weekly monday,wednesday 09:00",
            },
        ),
        ("???", {"name": "daily at 08:00", "value": "daily 08:00"}),
    ],
)
async def test_schedules_are_suggested_while_they_are_typed(
    server: Server, typed: str, first: dict[str, str]
) -> None:
    """In words that the user reads; what is chosen can be subscribed to."""
    found = await server.manager.autocomplete(
        server.channel, "digest subscribe", "schedule", typed, topic="japan-korea"
    )
    assert {key: found[0][key] for key in first} == first
    assert first["name"] in await subscribe(server, schedule=found[0]["value"])


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ({"schedule": "daily 25:00"}, "HH:MM"),
        ({"schedule": "daily 08:00 tomorrow"}, '"tomorrow" is no time of day'),
        ({"schedule": "daily 08:00,8:00"}, '"08:00" is there twice'),
        ({"schedule": "sometimes"}, 'write "daily 08:00"'),
        ({"zone": "Asia/Tokio"}, 'did you mean "Asia/Tokyo"'),
        ({"schedule": "weekly fridey 08:00"}, 'did you mean "friday"'),
    ],
)
async def test_a_mistaken_wish_subscribes_nothing(
    server: Server, desk: Desk, options: dict[str, str], mend: str
) -> None:
    """One sentence with the mend; nothing half-subscribed."""
    said = (await subscribe(server, **options)).replace("\\", "")
    assert mend in said
    assert causes(server) == [InputError]
    assert await subscriptions(desk, server) == []


async def test_a_channel_that_the_bot_cannot_write_to_is_refused(
    server: Server, desk: Desk
) -> None:
    """Every missing permission is named, with how to give it."""
    said = await subscribe(server, channel=server.hidden)
    assert "Send Messages" in said
    assert "Read Message History" in said
    assert "View Channel" not in said
    assert f"<#{server.hidden.id}>" in said
    assert await subscriptions(desk, server) == []


@pytest.mark.parametrize("chosen", [True, False])
async def test_a_server_without_the_bot_is_told_to_invite_it(
    server: Server, desk: Desk, platform: DiscordPlatform, chosen: bool
) -> None:
    """The commands can be there alone: no permission would help, the invitation does."""
    platform.client._connection._guilds.pop(server.guild.id)
    said = await subscribe(server, **({"channel": server.channel} if chosen else {}))
    assert f"client_id={platform.client.application_id}&scope=bot+applications.commands" in said
    assert "I lack" not in said
    assert causes(server) == [discord.app_commands.TransformerError] * chosen
    assert await subscriptions(desk, server) == []


async def test_subscriptions_are_listed_paused_resumed_and_removed(
    server: Server, desk: Desk
) -> None:
    """What a manager does with a subscription shows in the list."""
    await subscribe(server)
    [made] = await subscriptions(desk, server)
    await server.manager.slash(server.channel, "digest pause", id=made.id)
    listed = await server.manager.slash(server.channel, "digest list")
    assert "paused" in listed.response.content
    await server.manager.slash(server.channel, "digest resume", id=made.id)
    [again] = await subscriptions(desk, server)
    assert again.status is SubscriptionStatus.ACTIVE
    await server.manager.slash(server.channel, "digest remove", id=made.id)
    listed = await server.manager.slash(server.channel, "digest list")
    assert "no subscriptions yet" in listed.response.content


async def test_another_servers_subscription_cannot_be_touched(server: Server, desk: Desk) -> None:
    """A forged number leads nowhere."""
    await subscribe(server)
    [made] = await subscriptions(desk, server)
    guild = server.env.create_guild()
    role = guild.create_role("Managers", permissions=discord.Permissions(manage_guild=True))
    stranger = guild.add_member(server.env.create_user("stranger"), roles=[role])
    channel = guild.create_text_channel("elsewhere")
    refused = "There is no subscription"
    for verb in ("pause", "resume", "remove", "preview", "change"):
        options = {"stories": 1} if verb == "change" else {}
        result = await stranger.slash(channel, f"digest {verb}", id=made.id, **options)
        assert result.response
        assert f"{refused} {made.id} here" in result.response.content
    assert causes(server) == [NotFoundError] * 5
    assert await subscriptions(desk, server) == [made]


async def test_a_long_list_is_told_in_several_messages(server: Server) -> None:
    """A server may have more subscriptions than one message holds."""
    for hour in range(24):
        await subscribe(server, schedule=f"daily {hour:02}:00")
    listed = await server.manager.slash(server.channel, "digest list")
    assert listed.response
    told = [listed.response.content, *(message.content for message in listed.followups)]
    assert len(told) > 1
    assert sum(text.count("daily at") for text in told) == 24


async def test_preview_shows_the_digest_to_the_manager_alone(server: Server, desk: Desk) -> None:
    """In the subscription's language, whoever asks."""
    await subscribe(server, language="ko")
    [made] = await subscriptions(desk, server)
    result = await server.manager.slash(server.channel, "digest preview", id=made.id)
    assert result.ephemeral
    assert "한일관계" in texts_of(result.response.components)[0]
    assert server.channel.last_message is None


async def test_preview_says_what_it_leaves_out(
    server: Server, desk: Desk, database: Database, stored_story: int
) -> None:
    """Each story with its reason, in the language of the one who asks."""
    await subscribe(server)
    [made] = await subscriptions(desk, server)
    where = asdict(made.destination)
    async with database.write() as connection:
        told = schema.told.insert().values(**where, story_id=stored_story, version=9, told_at=NOW)
        await connection.execute(told)
    result = await server.manager.slash(server.channel, "digest preview", id=made.id)
    said = "\n".join(message.content for message in result.followups)
    assert str(stored_story) in said
    assert "told already, nothing new since" in said


async def test_members_without_manage_server_do_not_see_digest(server: Server) -> None:
    """Discord hides the group from them."""
    assert "digest" not in server.member.available_commands(server.channel)
    assert set(server.member.available_commands(server.channel)) == {
        "news",
        "story",
        "search",
        "why",
        "feeds list",
        "feeds check",
        "feeds add",
        "feeds remove",
        "strait correct",
        "strait forget-me",
    }


async def test_an_override_does_not_let_members_in(
    server: Server, desk: Desk, platform: DiscordPlatform
) -> None:
    """A server that shows the command to a member by mistake still asks for Manage Server."""
    await subscribe(server)
    [made] = await subscriptions(desk, server)
    commands = await platform.client.tree.fetch_commands()
    [group] = [command for command in commands if command.name == "digest"]
    server.guild.set_command_permissions(group, {server.member: True})
    result = await server.member.slash(server.channel, "digest remove", id=made.id)
    assert "Manage Server" in result.response.content
    offered = await server.member.autocomplete(server.channel, "digest remove", "id", "")
    assert offered == []
    assert causes(server) == [discord.app_commands.CheckFailure]
    assert await subscriptions(desk, server) == [made]


RICH = {
    "issues": "courts, territory",
    "outlets": "hanbit ilbo",
    "include": 'summit, "court ruling", /tak(e|a)shima/',
    "publishers": 2,
    "level": "peripheral",
    "length": "brief",
    "breaking": "3/60",
    "quiet": "22:00-07:00",
}


async def test_a_taste_is_subscribed_told_and_shown(server: Server, desk: Desk) -> None:
    """The answer says what was understood; `show` says it again."""
    said = await subscribe(server, **RICH)
    [made] = await subscriptions(desk, server)
    assert [issue.value for issue in made.taste.filters.issues] == [
        "courts",
        "territory-dokdo-takeshima",
    ]
    assert made.taste.filters.min_outlets == 2
    shown = await server.manager.slash(server.channel, "digest show", id=made.id)
    for answer in (said, shown.response.content):
        assert "- Issues: Courts, Dokdo / Takeshima" in answer
        assert "- Outlets: Hanbit Ilbo" in answer
        assert "- At once when 3 outlets report within 60 minutes" in answer


async def test_a_taste_is_changed_one_thing_at_a_time(server: Server, desk: Desk) -> None:
    """What is not named stays; `all` empties a list."""
    await subscribe(server, **RICH)
    [made] = await subscriptions(desk, server)
    await server.manager.slash(server.channel, "digest change", id=made.id, issues="all")
    [changed] = await subscriptions(desk, server)
    assert changed.taste.filters.issues == ()
    assert changed.taste.filters.include == made.taste.filters.include
    assert changed.taste.breaking == made.taste.breaking


@pytest.mark.parametrize(
    ("wish", "mend"),
    [
        ({"issues": "sport"}, "write one of summit-diplomacy"),
        ({"include": "/a(b/"}, "cannot be read"),
        ({"breaking": "3", "quiet": "night"}, "write 22:00-07:00"),
        ({"outlets": "Hanbyt"}, "did you mean Hanbit Ilbo"),
    ],
)
async def test_a_taste_that_cannot_be_read_subscribes_nothing(
    server: Server, desk: Desk, wish: dict[str, str], mend: str
) -> None:
    """The answer says what to write instead."""
    said = await subscribe(server, **wish)
    assert mend in said or mend in said.replace("\\", "")
    assert causes(server) in ([], [InputError])
    assert await subscriptions(desk, server) == []


async def test_another_servers_subscription_is_not_shown(server: Server, desk: Desk) -> None:
    """A forged number names nothing that is not one's own."""
    other = Destination(platform="discord", workspace="999", channel="5")
    made = await desk.subscribe(other, topic="japan-korea", schedule="daily 08:00", created_by=None)
    await server.manager.slash(server.channel, "digest show", id=made.id)
    assert causes(server) == [NotFoundError]
