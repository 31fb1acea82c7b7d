"""Deliveries in a simulated server, across restarts of the bot."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.domain.model import (
    Blocked,
    Delivery,
    DeliveryStatus,
    Destination,
    Language,
    Sent,
    Unknown,
    Unreachable,
)
from bot.platforms.discord.client import DiscordPlatform
from tests.platforms.discord.conftest import Server
from tests.rendering.conftest import a_digest


async def test_a_delivery_is_found_again_by_the_next_run(
    server: Server, platform: DiscordPlatform, make_platform: Callable[..., DiscordPlatform]
) -> None:
    """A bot that died between sending and recording sees its message in the channel."""
    delivery = delivery_to(server, server.channel, platform)
    sent = await platform.messenger.send(delivery)
    assert isinstance(sent, Sent)
    restarted = make_platform()
    await server.env.restart_bot(restarted.client)
    assert await restarted.messenger.find(delivery) == sent
    other = replace(delivery, key="another")
    assert isinstance(await restarted.messenger.find(other), Unreachable)


async def test_a_digest_that_may_not_be_posted_blocks_its_channel_with_the_mend(
    server: Server, platform: DiscordPlatform
) -> None:
    """Permissions taken away since the subscription, and a fault of Discord's own wording."""
    refused = await platform.messenger.send(delivery_to(server, server.hidden, platform))
    assert isinstance(refused, Blocked)
    assert "give it Send Messages" in refused.problem
    server.env.inject_error("POST", "/channels/*/messages", status=403, code=50001)
    refused = await platform.messenger.send(delivery_to(server, server.channel, platform))
    assert isinstance(refused, Blocked)
    assert "give it View Channel" in refused.problem


async def test_an_empty_channel_that_can_be_read_proves_the_absence(
    server: Server, platform: DiscordPlatform
) -> None:
    """Discord shows nothing in either case; the permission in its cache tells them apart."""
    readable = await platform.messenger.find(delivery_to(server, server.channel, platform))
    hidden = await platform.messenger.find(delivery_to(server, server.hidden, platform))
    assert isinstance(readable, Unreachable)
    assert isinstance(hidden, Unknown)


def delivery_to(server: Server, channel: Any, platform: DiscordPlatform) -> Delivery:
    return Delivery(
        id=1,
        key="1-1795000000-0",
        destination=Destination(
            platform="discord", workspace=str(server.guild.id), channel=str(channel.id)
        ),
        slot_at=server.env.now(),
        part=0,
        payload=platform.messenger.render(a_digest(Language.KO))[0],
        status=DeliveryStatus.PENDING,
    )
