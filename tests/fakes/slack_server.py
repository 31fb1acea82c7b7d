"""A Slack on the loopback: Web API, Socket Mode and response_urls over real HTTP and WebSocket.

slack_sdk and slack_bolt talk to it unmodified. What arrives is kept, and failures can be
scripted for each method: they are used up in order, one for each call.
"""

import asyncio
import itertools
import json
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aiohttp import WSMsgType, web

from tests.fakes.slack_blocks import problem_with
from tests.fakes.slack_workspace import TEAM, Json, Workspace

PATIENCE = 10.0
PAGE = "<html>no Slack here</html>"
MOST_ANSWERS = 5  # "up to 5 times within 30 minutes of receiving the payload"


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A scripted failure. ``arrives``: the call is carried out all the same.

    ``status`` answers so, with a page of that ``kind``; ``error`` answers Slack's way;
    ``drop`` ends the connection without an answer; ``stall`` never answers.
    """

    arrives: bool = False
    status: int | None = None
    error: str | None = None
    kind: str = "text/html"
    retry_after: str | None = None
    drop: bool = False
    stall: bool = False


@dataclass(kw_only=True)
class Invocation:
    """A slash command that was sent: how it was acknowledged, and what answered it."""

    payload: Json
    acks: list[Json] = field(default_factory=list)
    answers: list[Json] = field(default_factory=list)


class SlackServer:
    """Serves one workspace; an async context manager."""

    def __init__(self) -> None:
        self.workspace = Workspace()
        self.calls: list[tuple[str, Json]] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.refuses_sockets = False
        # Called at the stages of a post: headers, body, accepted.
        self.on_stage: Callable[[str, web.Request], None] = lambda stage, request: None
        self._troubles: dict[str, deque[Trouble]] = defaultdict(deque)
        self._invocations: dict[str, Invocation] = {}
        self._envelopes: dict[str, Invocation] = {}
        self._count = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self._stalled = asyncio.Event()
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_route("*", "/by/{by}/api/{method}", self._api)
        app.router.add_post("/response/{token}", self._response_url)
        app.router.add_get("/socket/{ticket}", self._socket)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._runner is not None
        self._stalled.set()
        for socket in self.sockets:
            await socket.close()
        await self._runner.cleanup()

    @property
    def origin(self) -> str:
        """Where it listens."""
        assert self._runner is not None
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    @property
    def api_base(self) -> str:
        """What ``SLACK_API_BASE`` is set to."""
        return f"{self.origin}/api/"

    def api_base_for(self, sender: str) -> str:
        """Return an address by which a sender is known: ``request.match_info["by"]``."""
        return f"{self.origin}/by/{sender}/api/"

    def expect(self, method: str, *troubles: Trouble) -> None:
        """Let the next calls of a method fail so."""
        self._troubles[method].extend(troubles)

    def called(self, method: str) -> list[Json]:
        """Return the arguments of each call of a method."""
        return [arguments for name, arguments in self.calls if name == method]

    def invocation(self, text: str, *, channel: str = "C1", user: str = "U1") -> Invocation:
        """Make a slash command's payload, with a response_url of its own."""
        token = f"r{next(self._count)}"
        payload = {
            "command": "/news",
            "text": text,
            "team_id": TEAM,
            "channel_id": channel,
            "user_id": user,
            "trigger_id": f"trigger-{token}",
            "response_url": f"{self.origin}/response/{token}",
        }
        self._invocations[token] = Invocation(payload=payload)
        return self._invocations[token]

    async def command(
        self, text: str, *, channel: str = "C1", user: str = "U1", answers: int = 1
    ) -> list[Json]:
        """Send a slash command over Socket Mode and wait for so many answers."""
        made = self.invocation(text, channel=channel, user=user)
        await self.deliver(made)
        return await self.answered(made, answers)

    async def answered(self, invocation: Invocation, count: int = 1) -> list[Json]:
        """Wait until a command has so many answers; returns them all."""
        await self.until(lambda: len(invocation.answers) >= count)
        return invocation.answers

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that arrives makes it true; TimeoutError where nothing does."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(condition)

    async def tell_event(self, event: Json, *, team: str = TEAM) -> None:
        """Send an event over the newest WebSocket and wait for its acknowledgement."""
        number = next(self._count)
        payload = {
            "type": "event_callback",
            "team_id": team,
            "api_app_id": "A0STRAIT",
            "event_id": f"Ev{number}",
            "event": event,
        }
        sent = self._envelopes[f"e{number}"] = Invocation(payload=payload)
        socket = await self.connected()
        await socket.send_json(
            {"type": "events_api", "envelope_id": f"e{number}", "payload": payload}
        )
        await self.until(lambda: bool(sent.acks))

    async def deliver(self, invocation: Invocation) -> None:
        """Send an envelope over the newest WebSocket and wait for its acknowledgement."""
        envelope = f"e{next(self._count)}"
        self._envelopes[envelope] = invocation
        before = len(invocation.acks)
        socket = await self.connected()
        await socket.send_json(
            {
                "type": "slash_commands",
                "envelope_id": envelope,
                "payload": invocation.payload,
                "accepts_response_payload": True,
            }
        )
        await self.until(lambda: len(invocation.acks) > before)

    async def connected(self) -> web.WebSocketResponse:
        """Wait for an open WebSocket; returns the newest."""
        await self.until(lambda: bool(self.sockets) and not self.sockets[-1].closed)
        return self.sockets[-1]

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        ticket = request.match_info["ticket"]
        if self.refuses_sockets or ticket not in self.workspace.tickets:
            return web.Response(status=408)
        # A ticket is good for one connection.
        self.workspace.tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        self.sockets.append(socket)
        await self._tell()
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                ack = json.loads(message.data)
                self._envelopes[ack["envelope_id"]].acks.append(ack.get("payload") or {})
                await self._tell()
        return socket

    async def _response_url(self, request: web.Request) -> web.Response:
        invocation = self._invocations[request.match_info["token"]]
        message = await request.json()
        if len(invocation.answers) >= MOST_ANSWERS:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        if "blocks" in message and (problem := problem_with(message["blocks"])):
            return web.Response(status=400, text=problem)
        invocation.answers.append(message)
        await self._tell()
        return web.Response(text="ok")

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        at = self.on_stage if method == "chat.postMessage" else _unheard
        at("headers", request)
        arguments = await _arguments(request)
        at("body", request)
        self.calls.append((method, arguments))
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        trouble = self._troubles[method].popleft() if self._troubles[method] else None
        if trouble is None or trouble.arrives:
            answer = self.workspace.carry_out(method, arguments, token)
            at("accepted", request)
        await self._tell()
        if trouble is not None:
            return await self._fail(request, trouble)
        if method == "apps.connections.open" and "url" in answer:
            answer["url"] = self.origin.replace("http", "ws", 1) + answer["url"]
        told = {"x-oauth-scopes": self.workspace.scopes} if self.workspace.tells_scopes else {}
        return web.json_response(answer, headers=told)

    async def _fail(self, request: web.Request, trouble: Trouble) -> web.StreamResponse:
        if trouble.stall:
            await self._stalled.wait()
        if trouble.drop or trouble.stall:
            if request.transport is not None:  # the client may be gone by itself
                request.transport.abort()
            return web.Response()
        status = trouble.status or 200
        headers = {"Retry-After": trouble.retry_after} if trouble.retry_after else {}
        if trouble.error is None:
            return web.Response(
                status=status, headers=headers, text=PAGE, content_type=trouble.kind
            )
        body = {"ok": False, "error": trouble.error}
        return web.json_response(body, status=status, headers=headers)


def _unheard(stage: str, request: web.Request) -> None:
    """Stand in for ``on_stage`` where nothing is posted."""


async def _arguments(request: web.Request) -> Json:
    if request.content_type == "application/json":
        given: Json = await request.json()
        return given
    form = await request.post()
    return {**request.query, **{name: str(value) for name, value in form.items()}}
