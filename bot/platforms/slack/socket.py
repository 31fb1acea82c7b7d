"""Socket Mode: commands over a WebSocket that the bot opens, and opens again when it is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import InputError
from bot.platforms.slack.account import error_code, readable, until_reachable

log = structlog.get_logger()

# The SDK mends a lost connection itself in a few seconds, but tries one address for ever,
# and Slack's addresses are good for one connection: then everything is begun anew.
LOOK_EVERY = timedelta(seconds=10)
LOOKS_BEFORE_ANEW = 3

# A closing handshake that nobody answers must not hold up the exit.
CLOSE_PATIENCE_SECONDS = 2.0


async def serve_socket(
    bolt: AsyncApp, client: AsyncWebClient, *, look_every: timedelta = LOOK_EVERY
) -> None:
    """Serve the app until cancelled; ``client`` carries the app-level token.

    Raises InputError where the token is wrong.
    """
    while True:
        async with _connected(bolt, client) as socket:
            log.info("slack connected")
            await _until_lost(socket, look_every.total_seconds())
            log.warning("slack connection lost, opening another")


@asynccontextmanager
async def _connected(bolt: AsyncApp, client: AsyncWebClient) -> AsyncIterator[SocketModeClient]:
    address = await _open_address(client)
    handler = AsyncSocketModeHandler(bolt, app_token=client.token, web_client=client)
    handler.client.wss_uri = address
    connecting = asyncio.create_task(
        handler.connect_async()  # type: ignore[no-untyped-call] # the SDK has no types here
    )
    try:
        yield handler.client
    finally:
        connecting.cancel()
        await _close(handler.client)


async def _open_address(client: AsyncWebClient) -> str:
    """Ask for a WebSocket's address, waiting for Slack where it is down."""
    try:
        async for attempt in until_reachable():
            with attempt:
                opening = client.apps_connections_open(app_token=client.token or "")
                answer = await readable(opening)
    except SlackApiError as error:
        raise InputError(
            f"Slack refused SLACK_APP_TOKEN ({error_code(error)}): make an app-level token "
            "(xapp-…) with the scope connections:write on the app's page Basic Information."
        ) from error
    return str(answer["url"])


async def _until_lost(socket: SocketModeClient, look_every: float) -> None:
    missing = 0
    while missing < LOOKS_BEFORE_ANEW:
        await asyncio.sleep(look_every)
        missing = 0 if await socket.is_connected() else missing + 1


async def _close(socket: SocketModeClient) -> None:
    closing = asyncio.ensure_future(socket.close())  # type: ignore[no-untyped-call] # nor here
    # Not asyncio.timeout: before Python 3.12 it raises no TimeoutError in a cancelled task.
    await asyncio.wait({closing}, timeout=CLOSE_PATIENCE_SECONDS)
    closing.cancel()
    await socket.aiohttp_client_session.close()
