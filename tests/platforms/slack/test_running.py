"""Starting, riding out outages, and ending: what the app sees of the platform."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands.desk import Desk
from bot.platforms.slack import platform as platform_module
from bot.platforms.slack.commands import Commands
from bot.platforms.slack.config import SlackConfig
from bot.platforms.slack.platform import SlackPlatform
from bot.platforms.slack.socket import CLOSE_PATIENCE_SECONDS, serve_socket
from bot.rendering.texts import Texts
from tests.fakes.slack_server import SlackServer, Trouble
from tests.fakes.slack_workspace import SCOPES
from tests.platforms.slack.conftest import Serve, failure

OFTEN = timedelta(milliseconds=20)


async def test_deliveries_wait_until_slack_has_taken_the_token(
    slack: SlackServer, platform: SlackPlatform, serving: Serve
) -> None:
    """A digest must not be lost to a token that is still wrong, or to an outage at the start."""
    slack.workspace.scopes = "commands"
    await failure(platform)
    assert not platform.messenger.ready
    slack.workspace.scopes = SCOPES
    async with serving(platform):
        await slack.connected()
        assert platform.messenger.ready


async def test_scopes_that_slack_does_not_tell_are_no_obstacle(
    slack: SlackServer, platform: SlackPlatform, serving: Serve
) -> None:
    """A proxy may drop the header."""
    slack.workspace.tells_scopes = False
    async with serving(platform):
        await slack.connected()


async def test_an_outage_at_the_start_is_ridden_out(
    slack: SlackServer, platform: SlackPlatform, serving: Serve
) -> None:
    """Slack is asked again until it answers."""
    outage = (Trouble(status=503), Trouble(error="internal_error"))
    slack.expect("auth.test", *outage)
    slack.expect("apps.connections.open", *outage)
    async with serving(platform):
        await slack.command("help")


async def test_a_trouble_at_a_reconnect_is_ridden_out_too(
    slack: SlackServer, platform: SlackPlatform
) -> None:
    """A connection that is lost while Slack hurries or moves the workspace is opened again."""
    slack.refuses_sockets = True
    opener = AsyncWebClient(token="xapp-app", base_url=slack.api_base)  # noqa: S106 - a double's
    serving = asyncio.create_task(serve_socket(platform._commands.bolt, opener, look_every=OFTEN))
    await slack.until(lambda: len(slack.called("apps.connections.open")) >= 1)
    slack.expect(
        "apps.connections.open",
        Trouble(status=429, retry_after="1"),
        Trouble(error="team_added_to_org"),
        Trouble(error="accesslimited"),
    )
    slack.refuses_sockets = False
    await slack.command("help")
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_a_closed_connection_is_opened_again(
    slack: SlackServer, platform: SlackPlatform, serving: Serve
) -> None:
    """Slack closes every connection after some hours, and says so first or does not."""
    async with serving(platform):
        first = await slack.connected()
        await first.close()
        await slack.until(lambda: len(slack.sockets) == 2)
        await slack.sockets[1].send_json({"type": "disconnect", "reason": "refresh_requested"})
        await slack.until(lambda: len(slack.sockets) == 3)
        await slack.command("help")


async def test_an_address_that_expired_is_not_tried_for_ever(
    slack: SlackServer, platform: SlackPlatform
) -> None:
    """The SDK would knock at the one address it has; another is asked for."""
    slack.refuses_sockets = True
    opener = AsyncWebClient(token="xapp-app", base_url=slack.api_base)  # noqa: S106 - a double's
    bolt = platform._commands.bolt
    serving = asyncio.create_task(serve_socket(bolt, opener, look_every=OFTEN))
    await slack.until(lambda: len(slack.called("apps.connections.open")) >= 2)
    slack.refuses_sockets = False
    await slack.command("help")
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_what_is_under_way_is_finished_before_the_end(
    slack: SlackServer, desk: Desk, config: SlackConfig, texts: dict[str, Texts]
) -> None:
    """A command that was acknowledged is answered, though the bot is told to stop."""
    composing, go_on = asyncio.Event(), asyncio.Event()
    write = desk.write

    async def write_slowly(request: object) -> object:
        composing.set()
        await go_on.wait()
        return await write(request)  # type: ignore[arg-type] # passed through

    slow = SlackPlatform(config, desk=replace(desk, write=write_slowly), texts=texts)  # type: ignore[arg-type] # as above
    running = asyncio.create_task(slow.run())
    await slack.command("digest subscribe daily 08:00 Asia/Tokyo")
    preview = slack.invocation("digest preview 1")
    await slack.deliver(preview)
    await composing.wait()
    running.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert "Leaders meet in Seoul" in preview.answers[-1]["text"]


async def test_what_never_ends_does_not_hold_up_the_exit(
    slack: SlackServer,
    desk: Desk,
    config: SlackConfig,
    texts: dict[str, Texts],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After its patience the platform ends all the same."""
    monkeypatch.setattr(platform_module, "EXIT_PATIENCE_SECONDS", 0.05)
    composing = asyncio.Event()

    async def write(_: object) -> object:
        composing.set()
        return await asyncio.Event().wait()

    stuck = SlackPlatform(config, desk=replace(desk, write=write), texts=texts)  # type: ignore[arg-type] # never returns
    running = asyncio.create_task(stuck.run())
    await slack.command("digest subscribe daily 08:00 Asia/Tokyo")
    await slack.deliver(slack.invocation("digest preview 1"))
    await composing.wait()
    running.cancel()
    await asyncio.wait([running], timeout=5)
    assert running.cancelled()


async def test_closing_and_finishing_share_one_patience(
    slack: SlackServer,
    desk: Desk,
    config: SlackConfig,
    texts: dict[str, Texts],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A socket that never closes and a command that never ends hold up the exit once, not twice."""
    patiences: list[float] = []

    async def close(socket: SocketModeClient) -> None:
        # As far as the SDK's own goes before it waits for Slack's answer.
        socket.closed = True
        await asyncio.Event().wait()

    async def finish(_: object, patience_seconds: float) -> None:
        patiences.append(patience_seconds)

    monkeypatch.setattr(platform_module, "EXIT_PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(SocketModeClient, "close", close)
    monkeypatch.setattr(Commands, "finish", finish)
    stuck = SlackPlatform(config, desk=desk, texts=texts)
    running = asyncio.create_task(stuck.run())
    await slack.connected()
    running.cancel()
    await asyncio.wait([running], timeout=1)
    assert running.cancelled()
    # The closing has used it up.
    assert patiences == [pytest.approx(0, abs=0.02)]
    # Let the socket that was given up go, before the loop does.
    await asyncio.sleep(0)


def test_the_exit_leaves_room_for_the_rest_of_the_bot() -> None:
    """Both together, of the ten seconds that a container has."""
    assert platform_module.EXIT_PATIENCE_SECONDS <= 3
    assert CLOSE_PATIENCE_SECONDS < platform_module.EXIT_PATIENCE_SECONDS


def test_no_secret_is_shown(config: SlackConfig) -> None:
    """A configuration may be logged."""
    shown = repr(replace(config, signing_secret="hush"))  # noqa: S106 - a double's
    assert not any(secret in shown for secret in ("xoxb", "xapp", "hush"))
