"""The platforms that the killed processes send to: doubles over real HTTP, each on loopback.

A receiver gives each process addresses of its own, so that what it asks for is known to be
its own; it lists what arrived as (channel, label), read from the messages themselves.
"""
# ruff: noqa: D102 - what the methods do is said once, in Receiver

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Protocol

from aiohttp import web

from bot.domain.model import Destination
from tests.fakes.discord_rest import GUILD, TOKEN, DiscordDouble, Fault, discord_double, texts_of
from tests.fakes.loopback import ACCEPT_AND_DROP, DROP, Loopback, Step, refuse
from tests.fakes.slack_server import SlackServer, Trouble
from tests.fakes.slack_workspace import BOT_TOKEN, SECRET, TEAM

OnStage = Callable[[str, web.Request], None]

# Between a killed process and the next look lies a lease of 4 s: by then the nonce is forgotten,
# so that the history must tell, as after the few minutes that Discord itself remembers.
NONCE_SECONDS = 3.0

# Where Discord's channels begin: ids are numbers there.
FIRST_ID = 2000

# Longer than a sender's patience, but within what it lets settle before it looks (SEND_SECONDS
# and SETTLING in `crash_child`): a webhook takes the digest when the sender has given up.
STALL_SECONDS = 2.0
HURRY_SECONDS = 1


class Upset(StrEnum):
    """What a platform does to a request now and then, beside what kills do."""

    TAKEN_AND_CUT = "taken, connection cut"
    CUT = "connection cut"
    TAKEN_AND_FAILED = "taken, answered 5xx"
    FAILED = "answered 5xx"
    HURRIED = "answered 429"
    STALLED = "taken, no answer"


class Receiver(Protocol):
    """A platform as the harness sees it."""

    def destination(self, number: int) -> Destination:
        """Return the destination of a number, made where it is new."""
        ...

    def payload(self, label: str) -> str:
        """Return what the outbox holds of a message that is known again by its label."""
        ...

    def settings(self, channels: int) -> str:
        """Return what ``settings.toml`` has for the platform."""
        ...

    def environ(self, sender: str, channels: int) -> dict[str, str]:
        """Return the variables with which a process finds the platform."""
        ...

    def listen(self, on_stage: OnStage) -> None:
        """Let a function hear of the stages of each post: ``headers``, ``body``, ``accepted``."""
        ...

    def upset(self, upset: Upset) -> None:
        """Do this to the post whose body has just come."""
        ...

    def arrived(self) -> list[tuple[str, str]]:
        """Return channel and label of what arrived, each channel's in order."""
        ...

    def asked(self) -> tuple[int, int]:
        """Return how often the history was read, and how many repeats the platform dropped."""
        ...


class WebhookReceiver:
    """Webhooks: with the look-up, with keys that are honoured, or with neither."""

    def __init__(self, server: Loopback, *, looks: bool) -> None:
        self._server = server
        self._looks = looks

    def destination(self, number: int) -> Destination:
        return Destination(platform="webhook", workspace="local", channel=f"c{number}")

    def payload(self, label: str) -> str:
        return json.dumps({"text": label})

    def settings(self, channels: int) -> str:
        return "".join(map(self._output, range(channels)))

    def _output(self, number: int) -> str:
        name = self.destination(number).channel
        lines = [
            "[[output]]",
            f'name = "{name}"',
            'kind = "webhook"',
            f'url_env = "{_variable(name)}"',
        ]
        if self._server.honours_key:
            lines.append("honours_key = true")
        if self._looks:
            lines.append(f'lookup_url = "{self._server.history(name)}"')
        return "\n".join(lines) + "\n"

    def environ(self, sender: str, channels: int) -> dict[str, str]:
        names = [self.destination(number).channel for number in range(channels)]
        return {_variable(name): self._server.url(name, by=sender) for name in names}

    def listen(self, on_stage: OnStage) -> None:
        self._server.on_stage = on_stage

    def upset(self, upset: Upset) -> None:
        self._server.script.append(
            {
                Upset.TAKEN_AND_CUT: ACCEPT_AND_DROP,
                Upset.CUT: DROP,
                Upset.TAKEN_AND_FAILED: Step(status=503),
                Upset.FAILED: refuse(502),
                Upset.HURRIED: refuse(429, retry_after=str(HURRY_SECONDS)),
                Upset.STALLED: Step(stall=STALL_SECONDS),
            }[upset]
        )

    def arrived(self) -> list[tuple[str, str]]:
        return [(one.channel, one.document["text"]) for one in self._server.arrived]

    def asked(self) -> tuple[int, int]:
        return self._server.looked, self._server.dropped


def _variable(name: str) -> str:
    return f"HOOK_{name.upper()}"


class SlackReceiver:
    """A Slack workspace, whose history the app may read or not."""

    def __init__(self, server: SlackServer, *, readable: bool) -> None:
        self._server = server
        self._server.workspace.readable = readable
        self._server.workspace.clock = time.time

    def destination(self, number: int) -> Destination:
        channel = f"C{number}"
        if channel not in self._server.workspace.channels:
            self._server.workspace.add_channel(channel)
        return Destination(platform="slack", workspace=TEAM, channel=channel)

    def payload(self, label: str) -> str:
        words = {"type": "section", "text": {"type": "plain_text", "text": label}}
        return json.dumps({"text": label, "blocks": [words]})

    def settings(self, channels: int) -> str:
        return ""

    def environ(self, sender: str, channels: int) -> dict[str, str]:
        base = self._server.api_base_for(sender)
        # Commands would come over HTTP, to another process.
        heard = {"SLACK_SIGNING_SECRET": SECRET}
        return {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_API_BASE": base, **heard}

    def listen(self, on_stage: OnStage) -> None:
        self._server.on_stage = on_stage

    def upset(self, upset: Upset) -> None:
        self._server.expect(
            "chat.postMessage",
            {
                Upset.TAKEN_AND_CUT: Trouble(arrives=True, drop=True),
                Upset.CUT: Trouble(drop=True),
                Upset.TAKEN_AND_FAILED: Trouble(arrives=True, status=503),
                Upset.FAILED: Trouble(error="internal_error"),
                Upset.HURRIED: Trouble(
                    status=429, error="ratelimited", retry_after=str(HURRY_SECONDS)
                ),
                Upset.STALLED: Trouble(arrives=True, stall=True),
            }[upset],
        )

    def arrived(self) -> list[tuple[str, str]]:
        return [
            (channel.id, message["text"])
            for channel in self._server.workspace.channels.values()
            for message in channel.messages
        ]

    def asked(self) -> tuple[int, int]:
        return len(self._server.called("conversations.history")), 0


class DiscordReceiver:
    """A Discord server, whose history the bot may read or not."""

    def __init__(self, double: DiscordDouble, *, readable: bool) -> None:
        self._double = double
        self._double.history_hidden = not readable
        self._double.nonce_seconds = NONCE_SECONDS
        self._double.tell_time_by(time.time)

    def destination(self, number: int) -> Destination:
        return Destination(platform="discord", workspace=GUILD, channel=str(FIRST_ID + number))

    def payload(self, label: str) -> str:
        texts = [{"type": 10, "content": label}, {"type": 10, "content": "footer"}]
        layout = [{"type": 17, "components": texts}]
        return json.dumps({"components": layout, "plain": label})

    def settings(self, channels: int) -> str:
        return ""

    def environ(self, sender: str, channels: int) -> dict[str, str]:
        return {"DISCORD_TOKEN": TOKEN, "DISCORD_API_BASE": self._double.base_for(sender)}

    def listen(self, on_stage: OnStage) -> None:
        self._double.on_stage = on_stage

    def upset(self, upset: Upset) -> None:
        self._double.faults.append(
            {
                Upset.TAKEN_AND_CUT: Fault(drop=True, stored=True),
                Upset.CUT: Fault(drop=True),
                Upset.TAKEN_AND_FAILED: Fault(status=503, stored=True),
                Upset.FAILED: Fault(status=500),
                Upset.HURRIED: Fault(retry_after=HURRY_SECONDS),
                Upset.STALLED: Fault(stall=True, stored=True),
            }[upset]
        )

    def arrived(self) -> list[tuple[str, str]]:
        return [
            (channel, "\n".join(texts_of(message["components"])[:-1]) or message["content"])
            for channel, messages in self._double.messages.items()
            for message in messages
        ]

    def asked(self) -> tuple[int, int]:
        return self._double.reads, self._double.dropped


class Kind(StrEnum):
    """A platform, and how what became of a message is found out there."""

    KEY = "webhook, key"
    LOOK_UP = "webhook, look-up"
    SLACK = "slack"
    DISCORD = "discord"
    BLIND = "webhook, blind"
    SLACK_BLIND = "slack, blind"
    DISCORD_BLIND = "discord, blind"

    @property
    def can_tell(self) -> bool:
        """Whether it can be found out at all."""
        return self not in {Kind.BLIND, Kind.SLACK_BLIND, Kind.DISCORD_BLIND}


@asynccontextmanager
async def open_receiver(kind: Kind) -> AsyncIterator[Receiver]:
    """Serve a platform while the context lasts."""
    match kind:
        case Kind.SLACK | Kind.SLACK_BLIND:
            async with SlackServer() as slack:
                yield SlackReceiver(slack, readable=kind.can_tell)
        case Kind.DISCORD | Kind.DISCORD_BLIND:
            async with discord_double() as discord:
                yield DiscordReceiver(discord, readable=kind.can_tell)
        case _:
            async with Loopback(honours_key=kind is Kind.KEY) as webhooks:
                yield WebhookReceiver(webhooks, looks=kind is Kind.LOOK_UP)
