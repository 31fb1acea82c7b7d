"""How Slack knocks at the app's own address: signed, by HTTP."""

import hashlib
import hmac
import time
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from tests.fakes.slack_server import Invocation
from tests.fakes.slack_workspace import SECRET


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where the platform takes commands, and how they are posted there."""

    url: str
    session: aiohttp.ClientSession

    async def post(
        self, body: bytes, *, secret: str = SECRET, age: int = 0, kind: str = ""
    ) -> tuple[int, str]:
        """Post as Slack does; returns the status and the body of the answer."""
        moment = str(int(time.time()) - age)
        headers = {
            "Content-Type": kind or "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": moment,
            "X-Slack-Signature": signature(body, secret, moment),
        }
        async with self.session.post(self.url, data=body, headers=headers) as answer:
            return answer.status, await answer.text()


def signature(body: bytes, secret: str, moment: str) -> str:
    """Sign as https://docs.slack.dev/authentication/verifying-requests-from-slack says."""
    base = b"v0:" + moment.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def form(invocation: Invocation) -> bytes:
    return urlencode(invocation.payload).encode()
