"""What is told of a token at once, and what is ridden out."""

from dataclasses import replace
from datetime import timedelta

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands.desk import Desk
from bot.platforms.slack import account
from bot.platforms.slack.config import SlackConfig
from bot.platforms.slack.platform import SlackPlatform
from bot.rendering.texts import Texts
from tests.fakes.slack_server import SlackServer, Trouble
from tests.fakes.slack_workspace import SCOPES
from tests.platforms.slack.conftest import Serve, failure


def make(
    config: SlackConfig, desk: Desk, texts: dict[str, Texts], **changes: str | None
) -> SlackPlatform:
    return SlackPlatform(replace(config, **changes), desk=desk, texts=texts)  # type: ignore[arg-type] # names vary


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bot_token": "xoxb-wrong"}, ("SLACK_BOT_TOKEN", "invalid_auth", "OAuth & Permissions")),
        ({"app_token": "xapp-wrong"}, ("SLACK_APP_TOKEN", "connections:write")),
        ({"app_token": None}, ("SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET")),
    ],
)
async def test_a_wrong_or_missing_token_is_explained(
    config: SlackConfig,
    desk: Desk,
    texts: dict[str, Texts],
    changes: dict[str, str | None],
    words: tuple[str, ...],
) -> None:
    """One sentence with the mend, at once; the token itself is not in it."""
    platform = make(config, desk, texts, **changes)
    said = await failure(platform)
    assert all(word in said for word in words)
    assert "wrong" not in said


@pytest.mark.parametrize("scope", SCOPES.split(","))
async def test_a_missing_scope_is_named(
    slack: SlackServer, platform: SlackPlatform, scope: str
) -> None:
    """Before anything fails for the want of it."""
    slack.workspace.scopes = ",".join(set(SCOPES.split(",")) - {scope})
    assert scope in await failure(platform)


PASSING = [
    Trouble(status=429),
    Trouble(status=429, error="invalid_auth"),
    Trouble(status=503, error="invalid_auth"),
    Trouble(status=502),
    Trouble(status=200),
    Trouble(status=200, kind="text/plain"),
    Trouble(status=200, kind="application/json"),
    Trouble(status=403),
    Trouble(status=404, kind="text/plain"),
    *(
        Trouble(error=code)
        for code in (
            "ratelimited",
            "team_added_to_org",
            "accesslimited",
            "internal_error",
            "fatal_error",
            "service_unavailable",
            "an_error_of_next_year",
        )
    ),
]


@pytest.mark.parametrize("trouble", PASSING, ids=repr)
@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
async def test_what_is_no_word_on_the_token_is_ridden_out(
    slack: SlackServer, platform: SlackPlatform, serving: Serve, method: str, trouble: Trouble
) -> None:
    """A page of something between, a hurry, a migration: the bot comes up once it is over."""
    slack.expect(method, trouble)
    async with serving(platform):
        await slack.command("help")
    assert len(slack.called(method)) == 2


@pytest.mark.parametrize(
    "code",
    [
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_expired",
        "token_revoked",
        "no_permission",
        "not_allowed_token_type",
        "missing_scope",
    ],
)
@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
async def test_what_needs_a_mend_is_told_at_once(
    slack: SlackServer, platform: SlackPlatform, method: str, code: str
) -> None:
    """Waiting would not help."""
    slack.expect(method, Trouble(error=code))
    assert code in await failure(platform)


@pytest.mark.parametrize(
    ("stated", "wait"),
    [
        ("17", timedelta(seconds=17)),
        ("0", timedelta(seconds=1)),
        ("86400", timedelta(hours=1)),
        ("9" * 5000, True),
        ("soon", True),
        (None, True),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_slacks_own_wait_is_honoured(
    slack: SlackServer, status: int, stated: str | None, wait: timedelta | bool
) -> None:
    """Where it names one; a nonsensical one is replaced by the usual, an endless one is cut."""
    slack.expect("auth.test", Trouble(status=status, retry_after=stated))
    client = AsyncWebClient(token="xoxb-bot", base_url=slack.api_base)  # noqa: S106 - a double's
    with pytest.raises(SlackApiError) as caught:
        await account.Identity(client).account()
    assert account.back_off(caught.value) == wait


@pytest.mark.parametrize(
    ("field", "variable"), [("bot_token", "SLACK_BOT_TOKEN"), ("app_token", "SLACK_APP_TOKEN")]
)
@pytest.mark.parametrize("slip", ["xox\nb", "xox b", "xox\x00b", "xox\u200bb", "xoxb-…", " "])
async def test_a_token_with_a_slip_of_the_hand_is_explained(
    slack: SlackServer,
    config: SlackConfig,
    desk: Desk,
    texts: dict[str, Texts],
    field: str,
    variable: str,
    slip: str,
) -> None:
    """It cannot even be sent, so Slack is not asked."""
    assert variable in await failure(make(config, desk, texts, **{field: slip}))
    assert slack.calls == []
