"""Who the bot is in Slack, and whether Slack lets it do its work."""

import asyncio
import re
from collections.abc import AsyncIterable, Awaitable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import aiohttp
import stamina
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.errors import InputError
from bot.platforms.slack.config import SCOPES

# Slack's own words for what only a person can mend; everything else passes, by itself or by
# an admin's hand (https://docs.slack.dev/reference/methods/auth.test#errors).
FINAL_ERRORS = frozenset(
    {
        "access_denied",
        "account_inactive",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
    }
)

# An outage is ridden out: asked again after 1 s, then ever less often, once a minute at last.
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0

# A "Retry-After" is honoured, but nobody can silence the bot for a day.
LONGEST_STATED_WAIT = timedelta(hours=1)

# More digits than a number of seconds has that anybody means.
MOST_WAIT_DIGITS = 6

# Printable ASCII without spaces: anything else is a slip of the copying hand.
TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """The bot user that the token belongs to. ``name`` is what people mention it by."""

    team_id: str
    user_id: str
    bot_id: str
    name: str


class Identity:
    """Asks Slack once who the bot is, and remembers it."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._lock = asyncio.Lock()
        self._account: Account | None = None

    @property
    def known(self) -> bool:
        """Whether Slack has told who the bot is, and the app has every scope."""
        return self._account is not None

    async def account(self) -> Account:
        """Return the bot's account; raises SlackApiError, or an error of the connection."""
        async with self._lock:
            if self._account is None:
                self._account = await self._ask()
        return self._account

    async def check(self) -> Account:
        """Return the bot's account, waiting for Slack where it is down.

        Raises InputError where the token is wrong or lacks a scope.
        """
        try:
            async for attempt in until_reachable():
                with attempt:
                    await self.account()
        except SlackApiError as error:
            raise InputError(
                f"Slack refused SLACK_BOT_TOKEN ({error_code(error)}): copy the Bot User OAuth "
                "Token (xoxb-…) from the app's page OAuth & Permissions."
            ) from error
        return await self.account()

    async def _ask(self) -> Account:
        answer = await readable(self._client.auth_test())
        _check_scopes(answer.headers.get("x-oauth-scopes"))
        return Account(
            team_id=answer["team_id"],
            user_id=answer["user_id"],
            bot_id=answer.get("bot_id", ""),
            name=answer.get("user", ""),
        )


def check_token(variable: str, token: str) -> None:
    """Raise InputError where the variable's value cannot be a token at all."""
    if not TOKEN.fullmatch(token.strip()):
        raise InputError(
            f"{variable} holds a space, a line break or another character that no token has: "
            "copy the token again from the app's page at https://api.slack.com/apps."
        )


async def readable(call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
    """Await a call of the SDK's; raises SlackApiError where what answered is not Slack.

    The SDK itself stumbles over a page that comes as plain text, or JSON that is no object.
    """
    try:
        return await call
    except (AttributeError, UnicodeDecodeError) as error:
        problem = SlackApiError("The answer is not Slack's.", {})  # type: ignore[no-untyped-call] # the SDK's
        raise problem from error


def until_reachable() -> AsyncIterable[stamina.Attempt]:
    """Return attempts that go on while Slack is only out of reach, at growing intervals."""
    return stamina.retry_context(
        on=back_off,
        attempts=None,
        timeout=None,
        wait_initial=FIRST_WAIT,
        wait_max=LONGEST_WAIT,
        wait_jitter=FIRST_WAIT,
    )


def back_off(error: Exception) -> bool | timedelta:
    """Tell whether Slack is only out of reach for now, or how long it asks to be left alone."""
    if not isinstance(error, SlackApiError):
        return isinstance(error, aiohttp.ClientError | OSError | TimeoutError)
    if _is_final(error):
        return False
    wait = stated_wait(error)
    return True if wait is None else min(wait, LONGEST_STATED_WAIT)


def stated_wait(error: SlackApiError) -> timedelta | None:
    """Return the answer's ``Retry-After``, at least a second; None where it has none."""
    stated = str((getattr(error.response, "headers", None) or {}).get("Retry-After", ""))
    if not (stated.isascii() and stated.isdecimal() and len(stated) <= MOST_WAIT_DIGITS):
        return None
    return timedelta(seconds=max(1, int(stated)))


def error_code(error: SlackApiError) -> str:
    """Return Slack's word for what is wrong, or the HTTP status where it gave none."""
    response = error.response
    data = response if isinstance(response, dict) else getattr(response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    return str(code or f"HTTP {error_status(error)}")


def error_status(error: SlackApiError) -> int:
    """Return the HTTP status of the answer: 502 where it could not be read at all."""
    response = error.response
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    return int(status or HTTPStatus.BAD_GATEWAY)


def _is_final(error: SlackApiError) -> bool:
    """Tell whether Slack itself answered, and needs a mend: not where it only fails or hurries."""
    status = error_status(error)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return False
    return error_code(error) in FINAL_ERRORS


def _check_scopes(granted: str | None) -> None:
    """Compare with what the app was granted; Slack tells in a header of every answer."""
    if granted is None:
        return
    missing = sorted(set(SCOPES) - {scope.strip() for scope in granted.split(",")})
    if missing:
        raise InputError(
            f"The Slack app lacks the scope {', '.join(missing)}: add it on the app's page "
            "OAuth & Permissions and reinstall the app to the workspace."
        )
