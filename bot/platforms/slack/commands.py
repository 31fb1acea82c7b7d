"""The slash command in Bolt: acknowledge at once, then answer through the response_url."""

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands.desk import Desk
from bot.platforms.slack.account import Identity
from bot.platforms.slack.answers import Answers, Asker
from bot.platforms.slack.asked import ForgetMe, Manage
from bot.platforms.slack.channels import CONNECTION_ERRORS, Channels, Languages
from bot.platforms.slack.config import SlackConfig
from bot.platforms.slack.removal import hear_removals
from bot.platforms.slack.render import Message
from bot.platforms.slack.requests import read_request
from bot.rendering.texts import Texts

log = structlog.get_logger()

# Slack delivers again what was not acknowledged within seconds, three times at most, and a
# workspace writes far fewer commands in that time.
MOST_SEEN = 10_000

# The app is sent its own command only, whatever the workspace has renamed it to.
ANY_COMMAND = re.compile(r"^/")

# Bolt warns of every ordinary set-up that is not its default one.
BOLT_LOG_LEVEL = logging.ERROR


class Seen:
    """Remembers the last deliveries, so that one that comes again is not carried out twice."""

    def __init__(self, most: int = MOST_SEEN) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._most = most

    def again(self, body: Mapping[str, Any]) -> bool:
        """Tell whether the same event or command has come before."""
        delivery = body.get("event_id") or body.get("trigger_id")
        if not delivery:
            return False
        if delivery in self._ids:
            return True
        self._ids[str(delivery)] = None
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)
        return False


class OwnWorkspace(AsyncAuthorize):
    """Serves the token's own workspace alone, without asking Slack each time."""

    def __init__(self, client: AsyncWebClient, identity: Identity) -> None:
        self._client = client
        self._identity = identity

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,
        actor_team_id: str | None = None,
        actor_user_id: str | None = None,
    ) -> AuthorizeResult | None:
        """Return who the bot is there, or None for another workspace."""
        account = await self._identity.account()
        if team_id != account.team_id:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_token=self._client.token,
            bot_id=account.bot_id,
            bot_user_id=account.user_id,
        )


class Commands:
    """The Bolt app with its one command; ``finish`` waits for those under way."""

    def __init__(
        self,
        config: SlackConfig,
        client: AsyncWebClient,
        identity: Identity,
        *,
        desk: Desk,
        texts: Mapping[str, Texts],
    ) -> None:
        self._desk = desk
        self._seen = Seen()
        self._busy: set[asyncio.Task[Any]] = set()
        self._answers = Answers(desk, texts, Channels(client, identity))
        self._languages = Languages(client, desk.defaults.language)
        self.bolt = self._make_bolt(config, client, identity)

    async def finish(self, patience_seconds: float) -> None:
        """Wait for the commands under way, but not for ever."""
        if self._busy:
            await asyncio.wait(self._busy, timeout=patience_seconds)

    def _make_bolt(
        self, config: SlackConfig, client: AsyncWebClient, identity: Identity
    ) -> AsyncApp:
        framework_log = logging.getLogger("slack_bolt.strait")
        framework_log.setLevel(BOLT_LOG_LEVEL)
        bolt = AsyncApp(
            name="strait",
            logger=framework_log,
            client=client,
            authorize=OwnWorkspace(client, identity),  # type: ignore[arg-type] # may be None
            signing_secret=config.signing_secret or "",
        )
        bolt.use(self._once)
        bolt.command(ANY_COMMAND)(self._run)
        hear_removals(bolt, self._desk)
        return bolt

    async def _once(
        self,
        body: dict[str, Any],
        next: Callable[[], Awaitable[None]],  # noqa: A002 - Bolt's word
    ) -> BoltResponse | None:
        if self._seen.again(body):
            return BoltResponse(status=HTTPStatus.OK)
        await next()
        return None

    async def _run(self, ack: AsyncAck, command: dict[str, str], respond: AsyncRespond) -> None:
        await ack()
        task = asyncio.current_task()
        if task is not None:
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)
        await self._reply(command, respond)

    async def _reply(self, command: Mapping[str, str], respond: AsyncRespond) -> None:
        asker = Asker(
            team=command["team_id"],
            channel=command["channel_id"],
            user=command["user_id"],
            command=command["command"],
            language=await self._languages.of(command["user_id"]),
        )
        request = read_request(command.get("text", ""), self._desk.topics)
        if isinstance(request, Manage) and request.verb == "preview":
            # Slack cannot edit an answer to a command: the preview follows as another one.
            await _respond(respond, self._answers.composing(request, asker))
        for message in await self._answers.answer(request, asker):
            await _respond(respond, message)
        if isinstance(request, ForgetMe):
            self._languages.forget(asker.user)


async def _respond(respond: AsyncRespond, message: Message) -> None:
    try:
        answer = await respond(
            text=message.text,
            blocks=list(message.blocks),
            response_type="ephemeral",
            unfurl_links=False,
            unfurl_media=False,
        )
    except CONNECTION_ERRORS as error:
        log.warning("slack answer not sent", error=type(error).__name__)
        return
    if answer.status_code != HTTPStatus.OK:
        log.warning("slack answer refused", status=answer.status_code, body=answer.body)
