"""Slack for a process that only sends: the Web API alone, while another one hears commands."""

import asyncio
from collections.abc import Mapping

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.account import Identity, check_token
from bot.platforms.slack.config import SlackConfig
from bot.platforms.slack.messenger import PATIENCE_SECONDS, SlackMessenger, posting_client
from bot.rendering.texts import Texts

log = structlog.get_logger()


class SlackSender:
    """What the app starts for the outbox where it does not answer Slack's commands."""

    def __init__(self, config: SlackConfig, texts: Mapping[str, Texts]) -> None:
        self._token = config.bot_token
        asking = AsyncWebClient(
            token=config.bot_token, base_url=config.api_base, timeout=PATIENCE_SECONDS
        )
        self._identity = Identity(asking)
        self.messenger = SlackMessenger(posting_client(config), self._identity, texts)

    async def run(self) -> None:
        """Learn who the bot is, then wait until cancelled; raises InputError for a bad token."""
        check_token("SLACK_BOT_TOKEN", self._token)
        account = await self._identity.check()
        log.info("slack ready to send", bot=account.name, workspace=account.team_id)
        await asyncio.Event().wait()
