"""What Slack tells of channels and people."""

import asyncio

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import InputError
from bot.domain.model import Language
from bot.platforms.slack.account import Identity, error_code
from bot.rendering.texts import Texts

log = structlog.get_logger()

# Conversations between people have ids of this letter.
DIRECT = "D"

# An answer is better in the wrong language than late.
LANGUAGE_PATIENCE_SECONDS = 1.0

# So many people's languages are remembered until the bot is started again.
MOST_PEOPLE = 10_000

CONNECTION_ERRORS = (aiohttp.ClientError, OSError, TimeoutError)


class Channels:
    """Checks that digests can be posted to a channel before it is subscribed."""

    def __init__(self, client: AsyncWebClient, identity: Identity) -> None:
        self._client = client
        self._identity = identity

    async def check(self, channel: str, texts: Texts) -> None:
        """Raise InputError, in the asker's language, where the bot cannot post there."""
        if channel.startswith(DIRECT):
            raise InputError(texts.say("slack.direct"))
        try:
            invite = texts.say("slack.invite", bot=(await self._identity.account()).name)
            answer = await self._client.conversations_info(channel=channel)
        except SlackApiError as error:
            if error_code(error) == "channel_not_found":
                # What Slack says of a private channel that the bot is not in.
                raise InputError(invite) from error
            key = "no_permission" if error_code(error) == "missing_scope" else "no_answer"
            raise InputError(texts.say(f"slack.{key}")) from error
        except CONNECTION_ERRORS as error:
            raise InputError(texts.say("slack.no_answer")) from error
        if answer["channel"].get("is_archived"):
            raise InputError(texts.say("slack.archived"))
        if not answer["channel"].get("is_member"):
            raise InputError(invite)


class Languages:
    """Asks Slack once for each person's language, and remembers it."""

    def __init__(self, client: AsyncWebClient, default: Language) -> None:
        self._client = client
        self._default = default
        self._known: dict[str, Language] = {}

    async def of(self, user: str) -> Language:
        """Return the language of the person's Slack, or the default where it is none of ours."""
        if user not in self._known:
            try:
                async with asyncio.timeout(LANGUAGE_PATIENCE_SECONDS):
                    answer = await self._client.users_info(user=user, include_locale=True)
            except (SlackApiError, *CONNECTION_ERRORS) as error:
                log.warning("slack language unknown", error=type(error).__name__)
                return self._default
            self._remember(user, str(answer["user"].get("locale", "")))
        return self._known[user]

    def forget(self, user: str) -> None:
        """Forget a person; asked again when they write again."""
        self._known.pop(user, None)

    def _remember(self, user: str, locale: str) -> None:
        if len(self._known) >= MOST_PEOPLE:
            self._known.pop(next(iter(self._known)))
        code = locale.partition("-")[0]
        known = code in {language.value for language in Language}
        self._known[user] = Language(code) if known else self._default
