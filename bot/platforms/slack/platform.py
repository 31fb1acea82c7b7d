"""Slack as a platform: what the app starts, sends through and mounts."""

import asyncio
from collections.abc import Mapping

import structlog
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands.desk import Desk
from bot.domain.errors import InputError
from bot.platforms.slack.account import Identity, check_token
from bot.platforms.slack.commands import Commands
from bot.platforms.slack.config import PLATFORM, SlackConfig
from bot.platforms.slack.http import add_routes
from bot.platforms.slack.messenger import PATIENCE_SECONDS, SlackMessenger, posting_client
from bot.platforms.slack.socket import serve_socket
from bot.rendering.texts import Texts

log = structlog.get_logger()

# The whole exit stays below ten seconds: what is not closed or said by then never is.
EXIT_PATIENCE_SECONDS = 3.0


class SlackPlatform:
    """One Slack workspace: a messenger for the outbox and the slash command for people."""

    platform = PLATFORM

    def __init__(self, config: SlackConfig, *, desk: Desk, texts: Mapping[str, Texts]) -> None:
        self._config = config
        self._desk = desk
        asking = AsyncWebClient(
            token=config.bot_token, base_url=config.api_base, timeout=PATIENCE_SECONDS
        )
        self._identity = Identity(asking)
        self._commands = Commands(config, asking, self._identity, desk=desk, texts=texts)
        self.messenger = SlackMessenger(posting_client(config), self._identity, texts)

    def add_routes(self, app: web.Application) -> None:
        """Take commands at ``/slack/events``; raises InputError without a signing secret."""
        secret = self._config.signing_secret
        if not (secret and secret.strip()):
            raise InputError(
                "Slack over HTTP needs SLACK_SIGNING_SECRET: copy the Signing Secret from the "
                "app's page Basic Information, or use Socket Mode with SLACK_APP_TOKEN."
            )
        add_routes(app, self._commands.bolt, secret)

    async def run(self) -> None:
        """Serve until cancelled, through any outage of Slack's.

        Raises InputError where a token is wrong or missing or the app lacks a scope.
        """
        if not (self._config.app_token or self._config.signing_secret):
            raise InputError(
                "Slack needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) beside "
                "SLACK_BOT_TOKEN: the guide docs/slack.md says where to find them."
            )
        check_token("SLACK_BOT_TOKEN", self._config.bot_token)
        if self._config.app_token:
            check_token("SLACK_APP_TOKEN", self._config.app_token)
        account = await self._identity.check()
        log.info("slack ready", bot=account.name, workspace=account.team_id)
        # A token that is taken is an installation, whatever was heard before.
        await self._desk.workspaces_joined([account.team_id], platform=PLATFORM)
        serving = asyncio.create_task(self._serve())
        try:
            await asyncio.wait({serving})
        finally:
            await self._end(serving)
        await serving

    async def _end(self, serving: asyncio.Task[None]) -> None:
        """Close the connection, then let the commands under way end, with one patience for both."""
        clock = asyncio.get_running_loop().time
        end = clock() + EXIT_PATIENCE_SECONDS
        serving.cancel()
        await asyncio.wait({serving}, timeout=EXIT_PATIENCE_SECONDS)
        await self._commands.finish(max(0.0, end - clock()))

    async def _serve(self) -> None:
        if self._config.app_token is None:
            # Commands come through the web application that the routes were added to.
            await asyncio.Event().wait()
            return
        opener = AsyncWebClient(
            token=self._config.app_token,
            base_url=self._config.api_base,
            timeout=PATIENCE_SECONDS,
        )
        await serve_socket(self._commands.bolt, opener)
