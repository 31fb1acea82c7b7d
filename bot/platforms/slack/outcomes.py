"""What Slack's answers and failures mean for a delivery."""

from datetime import timedelta
from http import HTTPStatus

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.domain.model import (
    Blocked,
    RateLimited,
    Rejected,
    SendOutcome,
    Unknown,
    Unreachable,
)
from bot.platforms.slack.account import error_code, error_status, stated_wait

# Where a refusal to hurry names no time; Slack's own examples say 30.
USUAL_WAIT = timedelta(seconds=30)

RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})

# "It's possible some aspect of the operation succeeded before the error was raised."
# https://docs.slack.dev/reference/methods/chat.postMessage#errors
PERHAPS_DONE = frozenset(
    {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
)

# Slack looked at the token or at the workspace only, and the mend may come within hours.
NOTHING_POSTED = frozenset(
    {
        "accesslimited",
        "account_inactive",
        "invalid_auth",
        "message_limit_exceeded",
        "not_authed",
        "team_added_to_org",
        "token_expired",
        "token_revoked",
    }
)

# Slack takes nothing there until a person has mended it.
BLOCKING = frozenset(
    {
        "channel_not_found",
        "is_archived",
        "missing_scope",
        "no_permission",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "team_access_not_granted",
    }
)

# Refused for how it is laid out: nothing was posted, and plain words may pass.
LAYOUT_ERRORS = frozenset(
    {
        "block_mismatch",
        "blocks_too_long",
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
    }
)

REINSTALL = "reinstall the app to the workspace and set SLACK_BOT_TOKEN anew."
MENDS = {
    "not_in_channel": "The bot is not in the channel: write /invite and its name there.",
    "channel_not_found": (
        "The channel is gone or the bot was removed from it: invite the bot, "
        "or remove the subscription."
    ),
    "is_archived": "The channel is archived: unarchive it, or remove the subscription.",
    "restricted_action": "The workspace lets only some people post there: ask its admin.",
    "restricted_action_read_only_channel": "Only some people may post there: ask its admin.",
    "restricted_action_non_threadable_channel": "Apps may not post there: ask its admin.",
    "no_permission": "The app may not post there: ask an admin of the workspace.",
    "team_access_not_granted": "The app may not post there: ask an admin of the workspace.",
    "missing_scope": "The app may not post: add the scope chat:write and reinstall the app.",
    "account_inactive": f"The app was removed from the workspace: {REINSTALL}",
    "token_revoked": f"The token was revoked: {REINSTALL}",
    "token_expired": f"The token has expired: {REINSTALL}",
    "invalid_auth": f"Slack does not know the token: {REINSTALL}",
    "not_authed": f"Slack does not know the token: {REINSTALL}",
    "accesslimited": "The workspace is closed to apps for now: it is tried again.",
    "team_added_to_org": "The workspace is being moved into an organization: it is tried again.",
    "message_limit_exceeded": "The workspace has sent too many messages: it is tried again.",
}
REASONS = "https://docs.slack.dev/reference/methods/chat.postMessage#errors"


def of_refusal(error: SlackApiError) -> SendOutcome:
    """Return what an answer other than "ok" means for the message."""
    code, status = error_code(error), error_status(error)
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in RATE_LIMITED:
        return RateLimited(retry_after=stated_wait(error) or USUAL_WAIT)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in PERHAPS_DONE:
        return Unknown(problem=f"Slack failed ({code}): the message may be there all the same.")
    if code.startswith("HTTP "):
        # No answer of Slack's own, but of something between: nobody knows how far it went.
        return Unknown(problem=f"Slack's answer cannot be read ({code}): look into the channel.")
    problem = MENDS.get(code) or f"Slack refused the message ({code}): see {REASONS}"
    if code in BLOCKING:
        return Blocked(problem=problem)
    return Unreachable(problem=problem) if code in NOTHING_POSTED else Rejected(problem=problem)


def refuses_layout(error: SlackApiError) -> bool:
    """Tell whether Slack certainly posted nothing, for the message's layout alone."""
    return error_status(error) == HTTPStatus.OK and error_code(error) in LAYOUT_ERRORS


def of_failure(error: Exception) -> Unreachable | Unknown:
    """Return what a failed connection means: only an unmade one has certainly sent nothing."""
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Unreachable(problem=f"Slack cannot be reached ({type(error).__name__}).")
    name = type(error).__name__
    return Unknown(problem=f"The connection to Slack broke off ({name}): the message may be there.")
