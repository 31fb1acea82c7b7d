"""Commands over HTTP: Slack's signature opens the door, and nothing else does."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web

from bot.commands.desk import Desk
from bot.domain.errors import InputError
from bot.platforms.slack.config import PLATFORM, SlackConfig
from bot.platforms.slack.platform import SlackPlatform
from bot.rendering.texts import Texts
from bot.web.app import make_web_app, serve_web
from tests.fakes.slack_door import Door, form
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_workspace import SECRET, TEAM
from tests.platforms.slack.conftest import Serve

SUBSCRIBE = "digest subscribe daily 08:00 Asia/Tokyo"


async def no_problems() -> tuple[str, ...]:
    return ()


@pytest.fixture
async def door(
    config: SlackConfig, desk: Desk, texts: dict[str, Texts], serving: Serve
) -> AsyncIterator[Door]:
    over_http = replace(config, app_token=None, signing_secret=SECRET)
    platform = SlackPlatform(over_http, desk=desk, texts=texts)
    app = make_web_app(no_problems)
    platform.add_routes(app)
    async with (
        serving(platform),
        serve_web(app, host="127.0.0.1", port=0) as port,
        aiohttp.ClientSession() as session,
    ):
        yield Door(url=f"http://127.0.0.1:{port}/slack/events", session=session)


async def test_a_signed_command_is_acknowledged_and_answered(
    slack: SlackServer, door: Door, desk: Desk
) -> None:
    """The acknowledgement is empty; the answer comes through the response_url."""
    invocation = slack.invocation(SUBSCRIBE)
    assert await door.post(form(invocation)) == (200, "")
    [answer] = await slack.answered(invocation)
    assert "will come to this channel" in answer["text"]
    assert len(await desk.subscriptions(PLATFORM, TEAM)) == 1


async def test_a_command_that_is_posted_again_runs_once(
    slack: SlackServer, door: Door, desk: Desk
) -> None:
    """Slack repeats what was not acknowledged in time."""
    invocation = slack.invocation(SUBSCRIBE)
    for _ in range(3):
        assert await door.post(form(invocation)) == (200, "")
    last = slack.invocation("help")
    await door.post(form(last))
    await slack.answered(last)
    await slack.answered(invocation)
    assert len(invocation.answers) == 1
    assert len(await desk.subscriptions(PLATFORM, TEAM)) == 1


@pytest.mark.parametrize(
    ("secret", "age"), [("another secret", 0), ("", 0), (SECRET, 600), (SECRET, -600)]
)
async def test_what_slack_did_not_sign_just_now_is_refused(
    slack: SlackServer, door: Door, desk: Desk, secret: str, age: int
) -> None:
    """A wrong signature, and a right one that is replayed later, change nothing."""
    status, _ = await door.post(form(slack.invocation(SUBSCRIBE)), secret=secret, age=age)
    assert status == 401
    assert await desk.subscriptions(PLATFORM, TEAM) == []


async def test_an_unsigned_request_is_refused(slack: SlackServer, door: Door) -> None:
    """Anyone on the internet can reach the address."""
    async with door.session.post(door.url, data=form(slack.invocation("help"))) as answer:
        assert answer.status == 401
    async with door.session.get(door.url) as answer:
        assert answer.status == 405


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"{", b"payload=%FF", b'{"type":"event_callback"}', b"[]", b"7"]
)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json"])
async def test_nonsense_breaks_nothing(
    slack: SlackServer, door: Door, body: bytes, kind: str
) -> None:
    """Unsigned it is refused, signed it does nothing, and the next command is answered."""
    status, _ = await door.post(body, kind=kind, secret="")
    assert status in {400, 401}
    status, _ = await door.post(body, kind=kind)
    assert status < 500
    invocation = slack.invocation("help")
    await door.post(form(invocation))
    assert await slack.answered(invocation)


DEEP = b"[" * 200_000
HOSTILE = [
    (DEEP, {"Content-Type": "application/json"}),
    (b"payload=" + DEEP, {"Content-Type": "application/x-www-form-urlencoded"}),
    (b'{"event":7,"team":[],"user":{"id":{}}}', {"Content-Type": "application/json"}),
    (b"payload=7", {"Content-Type": "application/x-www-form-urlencoded"}),
    (b"payload=null", {"Content-Type": "application/x-www-form-urlencoded"}),
    (b'{"a":' + b"9" * 10_000 + b"}", {"Content-Type": "application/json"}),
    (b"text=x", {"Content-Type": "text/plain; charset=no-such"}),
    (b"text=x", {"X-Slack-Request-Timestamp": "soon"}),
    (b"text=x", {"X-Slack-Request-Timestamp": "9" * 5000}),
    (b"text=x", {"X-Slack-Signature": "v0=ü"}),
]


@pytest.mark.parametrize(("body", "headers"), HOSTILE, ids=range(len(HOSTILE)))
async def test_a_strangers_nonsense_is_refused_without_a_trace(
    door: Door, caplog: pytest.LogCaptureFixture, body: bytes, headers: dict[str, str]
) -> None:
    """No traceback fills the log, however the body or a header is twisted."""
    sent = {
        "X-Slack-Request-Timestamp": str(int(time.time())),
        "X-Slack-Signature": "v0=00",
        **headers,
    }
    async with door.session.post(door.url, data=body, headers=sent) as answer:
        assert answer.status in {400, 401}
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize(
    ("body", "kind"),
    [(body, headers["Content-Type"]) for body, headers in HOSTILE if "Content-Type" in headers],
    ids=range(7),
)
async def test_signed_nonsense_breaks_nothing(
    door: Door, caplog: pytest.LogCaptureFixture, body: bytes, kind: str
) -> None:
    """A mistake of Slack's own, or of who knows the secret."""
    status, _ = await door.post(body, kind=kind)
    assert status < 500
    assert not [record for record in caplog.records if record.exc_info]


async def test_slacks_check_of_the_address_is_answered(door: Door) -> None:
    """Slack sends a challenge when the address is set."""
    body = b'{"type":"url_verification","challenge":"c4"}'
    status, said = await door.post(body, kind="application/json")
    assert status == 200
    assert "c4" in said


@pytest.mark.parametrize("secret", [None, "", " "])
def test_without_a_signing_secret_there_is_no_door(
    config: SlackConfig, desk: Desk, texts: dict[str, Texts], secret: str | None
) -> None:
    """An empty secret would let anyone sign."""
    platform = SlackPlatform(replace(config, signing_secret=secret), desk=desk, texts=texts)
    with pytest.raises(InputError, match="SLACK_SIGNING_SECRET"):
        platform.add_routes(web.Application())
