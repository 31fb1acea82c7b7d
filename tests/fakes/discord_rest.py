"""A double of Discord's REST and gateway on loopback, for an unmodified discord.py.

It keeps channels' messages, drops repeated nonces, holds messages to Discord's limits and can
be told to fail. Its gateway greets, identifies and answers heartbeats, or closes with a code.
"""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from tests.fakes import discord_objects as objects
from tests.fakes.discord_objects import Json, person

TOKEN = "a.real.token"  # noqa: S105 -- the double's own

# The one server that the channels belong to.
GUILD = "1"

# Discord's epoch, 2015-01-01, in milliseconds: https://docs.discord.com/developers/reference
EPOCH = 1420070400000

CONTENT_LIMIT, TEXT_LIMIT, COMPONENT_LIMIT, NONCE_LIMIT = 2000, 4000, 40, 25
LAYOUT = 1 << 15

# discord.py takes a 429 without Via for a ban, and reads JSON of exactly this type only.
HEADERS = {"Content-Type": "application/json", "Via": "1.1 loopback"}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What becomes of the next request: an answer, or a connection dropped without one.

    ``stored``: the request is carried out all the same. ``stall``: no answer comes.
    ``at_the_door``: Cloudflare answers, which says no ``Via`` and speaks no JSON.
    """

    status: int = 0
    code: int = 0
    retry_after: float | None = None
    drop: bool = False
    stored: bool = False
    stall: bool = False
    at_the_door: bool = False


@dataclass
class DiscordDouble:
    """The double's state. ``faults`` befall posts of messages, ``read_faults`` histories.

    ``clock`` (Unix time) dates the messages; without it each is a second after the one before.
    ``nonce_seconds`` is how long a nonce is remembered; without it, until ``forget_nonces``.
    ``threads``: the channel that each began in. ``on_stage`` is called at the stages of a
    post: ``headers``, ``body``, ``accepted``.
    """

    base: str = ""
    gateway: str = ""
    messages: dict[str, list[Json]] = field(default_factory=lambda: defaultdict(list))
    commands: list[Json] = field(default_factory=list)
    synced: int = 0
    logins: int = 0
    posts: list[Json] = field(default_factory=list)
    changes: list[Json] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    read_faults: deque[Fault] = field(default_factory=deque)
    login_faults: deque[Fault] = field(default_factory=deque)
    sync_faults: deque[Fault] = field(default_factory=deque)
    guild_faults: deque[Fault] = field(default_factory=deque)
    history_hidden: bool = False
    threads: dict[str, str] = field(default_factory=dict)
    refuse_layouts: bool = False
    close_code: int | None = None
    identified: list[Json] = field(default_factory=list)
    at_the_gateway: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    now_ms: int = 1_795_134_600_000  # 2026-11-20 00:30 UTC
    clock: Callable[[], float] | None = None
    nonce_seconds: float | None = None
    dropped: int = 0
    reads: int = 0
    on_stage: Callable[[str, web.Request], None] = lambda stage, request: None

    def tell_time_by(self, clock: Callable[[], float]) -> None:
        """Date what comes from now on by a clock."""
        self.clock, self.now_ms = clock, 0

    def base_for(self, sender: str) -> str:
        """Return a REST address by which a sender is known: ``request.match_info["by"]``."""
        return self.base.replace("/api/", f"/by/{sender}/api/")

    def add(self, channel: str, author: int, body: Json) -> Json:
        """Store a message, newest last."""
        self.now_ms = self._later()
        number = (self.now_ms - EPOCH) << 22
        message = objects.message(number, channel, author, body)
        self.messages[channel].append(message)
        return message

    def post(self, channel: str, body: Json) -> Json:
        """Store the bot's message, or return the one of the same nonce."""
        known = (m for m in self._fresh(channel) if body.get("nonce") == m["nonce"])
        same = next(known, None) if body.get("enforce_nonce") else None
        self.dropped += same is not None
        return same or self.add(channel, objects.BOT_ID, body)

    def _later(self) -> int:
        """Return the next message's time in milliseconds: no two are at the same."""
        if self.clock is None:
            return self.now_ms + 1000
        return max(int(self.clock() * 1000), self.now_ms + 1)

    def _fresh(self, channel: str) -> list[Json]:
        """Return the messages whose nonce is remembered."""
        if self.nonce_seconds is None or self.clock is None:
            return self.messages[channel]
        since = (self.clock() - self.nonce_seconds) * 1000
        return [m for m in self.messages[channel] if (int(m["id"]) >> 22) + EPOCH >= since]

    def direct(self, person: str) -> str:
        """Return the id of the bot's conversation with a person."""
        return f"9{person}"

    def forget_nonces(self) -> None:
        """Let the minutes pass for which Discord remembers nonces."""
        for message in (m for channel in self.messages.values() for m in channel):
            message["nonce"] = None


@asynccontextmanager
async def discord_double() -> AsyncIterator[DiscordDouble]:
    """Serve the double while the context lasts."""
    double = DiscordDouble()
    server = TestServer(_app(double))
    await server.start_server()
    double.base = str(server.make_url("/api/v10"))
    double.gateway = str(server.make_url("/gateway")).replace("http", "ws", 1)
    try:
        yield double
    finally:
        double.released.set()
        await server.close()


def texts_of(components: list[Json]) -> list[str]:
    """Return the texts of a layout, in order."""
    return [c["content"] for c in walk(components) if c["type"] == 10]


def walk(components: list[Json]) -> list[Json]:
    """Return all components, nested ones too."""
    return [part for c in components for part in (c, *walk(c.get("components", [])))]


def _app(double: DiscordDouble) -> web.Application:
    app = web.Application()
    routes = _Routes(double)
    for api in ("/api/v10", "/by/{by}/api/v10"):
        app.router.add_get(f"{api}/users/@me", routes.me)
        app.router.add_get(f"{api}/oauth2/applications/@me", routes.application)
        app.router.add_put(f"{api}/applications/{{application}}/commands", routes.sync)
        app.router.add_get(f"{api}/gateway/bot", routes.gateway_address)
        app.router.add_post(f"{api}/channels/{{channel}}/messages", routes.post)
        app.router.add_get(f"{api}/channels/{{channel}}/messages", routes.history)
        app.router.add_patch(f"{api}/channels/{{channel}}/messages/{{message}}", routes.change)
        app.router.add_post(f"{api}/users/@me/channels", routes.open_direct)
        app.router.add_get(f"{api}/channels/{{channel}}", routes.channel)
        app.router.add_get(f"{api}/guilds/{{guild}}", routes.guild)
        app.router.add_get(f"{api}/guilds/{{guild}}/members/{{member}}", routes.member)
    app.router.add_get("/gateway/", routes.gateway)
    app.router.add_get("/gateway", routes.gateway)
    return app


class _Routes:
    def __init__(self, double: DiscordDouble) -> None:
        self._double = double

    async def me(self, request: web.Request) -> web.Response:
        self._double.logins += 1
        if self._double.login_faults:
            return _fall(self._double.login_faults.popleft(), request)
        if request.headers.get("Authorization") != f"Bot {TOKEN}":
            return _answer({"message": "401: Unauthorized", "code": 0}, 401)
        return _answer(person(objects.BOT_ID, "strait"))

    async def application(self, request: web.Request) -> web.Response:
        return _answer(objects.application())

    async def sync(self, request: web.Request) -> web.Response:
        if self._double.sync_faults:
            fault = self._double.sync_faults.popleft()
            if fault.stall:
                await self._double.released.wait()
            return _fall(fault, request)
        self._double.synced += 1
        self._double.commands = await request.json()
        ids = {"application_id": str(objects.BOT_ID), "version": "1"}
        named = enumerate(self._double.commands, 1)
        return _answer([{**command, **ids, "id": str(number)} for number, command in named])

    async def gateway_address(self, request: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        return _answer({"url": self._double.gateway, "shards": 1, "session_start_limit": limit})

    async def post(self, request: web.Request) -> web.Response:
        self._double.on_stage("headers", request)
        body, channel = await request.json(), request.match_info["channel"]
        self._double.on_stage("body", request)
        self._double.posts.append(body)
        fault = self._double.faults.popleft() if self._double.faults else None
        if fault is None or fault.stored:
            if problem := self._problem(body):
                return _answer({"message": problem, "code": 50035}, 400)
            stored = self._double.post(channel, body)
            self._double.on_stage("accepted", request)
        if fault is None:
            return _answer(stored)
        if fault.stall:
            await self._double.released.wait()
        return _fall(fault, request)

    async def change(self, request: web.Request) -> web.Response:
        body, channel = await request.json(), request.match_info["channel"]
        self._double.changes.append(body)
        fault = self._double.faults.popleft() if self._double.faults else None
        known = (
            m for m in self._double.messages[channel] if m["id"] == request.match_info["message"]
        )
        message = next(known, None)
        if message is None:
            return _answer({"message": "Unknown Message", "code": 10008}, 404)
        if fault is None or fault.stored:
            if problem := self._change_problem(body, message):
                return _answer({"message": problem, "code": 50035}, 400)
            kept = {name: value for name, value in body.items() if value is not None}
            message.update(kept | ({"content": ""} if body.get("content", "") is None else {}))
        return _answer(message) if fault is None else _fall(fault, request)

    def _change_problem(self, body: Json, message: Json) -> str | None:
        is_layout, becomes_one = message["flags"] & LAYOUT, body.get("flags", 0) & LAYOUT
        if is_layout and not becomes_one:
            return "The layout of a message cannot be taken away"
        if becomes_one and not is_layout and body.get("content", "kept") is not None:
            return "Invalid Form Body: content"
        return self._problem({k: v for k, v in body.items() if v is not None})

    def _problem(self, body: Json) -> str | None:
        parts, layout = walk(body.get("components", [])), bool(body.get("flags", 0) & LAYOUT)
        lengths = {
            "content": (len(body.get("content", "")), CONTENT_LIMIT),
            "text": (sum(map(len, texts_of(body.get("components", [])))), TEXT_LIMIT),
            "components": (len(parts), COMPONENT_LIMIT),
            "nonce": (len(body.get("nonce", "")), NONCE_LIMIT),
        }
        if layout and (self._double.refuse_layouts or "content" in body):
            return "Invalid Form Body: components"
        if not layout and not body.get("content"):
            return "Cannot send an empty message"
        return next((f"Invalid Form Body: {n}" for n, (a, b) in lengths.items() if a > b), None)

    async def open_direct(self, request: web.Request) -> web.Response:
        person = (await request.json())["recipient_id"]
        return _answer({"id": self._double.direct(str(person)), "type": 1, "recipients": []})

    async def history(self, request: web.Request) -> web.Response:
        self._double.reads += 1
        if self._double.read_faults:
            return _fall(self._double.read_faults.popleft(), request)
        after, limit = int(request.query.get("after", 0)), int(request.query.get("limit", 50))
        found = self._double.messages[request.match_info["channel"]]
        newer = [m for m in found if int(m["id"]) > after]
        chosen = newer[:limit] if "after" in request.query else newer[-limit:]
        return _answer([] if self._double.history_hidden else chosen[::-1])

    async def guild(self, request: web.Request) -> web.Response:
        if self._double.guild_faults:
            return _fall(self._double.guild_faults.popleft(), request)
        return _answer(objects.guild(request.match_info["guild"]))

    async def member(self, request: web.Request) -> web.Response:
        return _answer(objects.member())

    async def channel(self, request: web.Request) -> web.Response:
        number, double = request.match_info["channel"], self._double
        parent = double.threads.get(number)
        hidden = double.history_hidden
        return _answer(objects.channel(number, guild=GUILD, hides_history=hidden, thread_of=parent))

    async def gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 45000}})
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._gateway_answer(socket, json.loads(message.data))
        return socket

    async def _gateway_answer(self, socket: web.WebSocketResponse, said: Json) -> None:
        if said["op"] == 1:
            await socket.send_json({"op": 11})
        elif said["op"] == 2:
            self._double.identified.append(said["d"])
            self._double.at_the_gateway.set()
            if self._double.close_code:
                await socket.close(code=self._double.close_code)
            else:
                await socket.send_json({"op": 0, "t": "READY", "s": 1, "d": self._ready(said["d"])})

    def _ready(self, identify: Json) -> Json:
        return {
            "v": 10,
            "shard": identify["shard"],
            "user": person(objects.BOT_ID, "strait"),
            "guilds": [],
            "session_id": "s",
            "resume_gateway_url": self._double.gateway,
            "application": {"id": str(objects.BOT_ID), "flags": 0},
        }


def _answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=json.dumps(body).encode(), status=status, headers=HEADERS | (headers or {})
    )


def _fall(fault: Fault, request: web.Request) -> web.Response:
    """Answer as the fault says, or not at all."""
    if fault.drop:
        if request.transport is not None:  # the client may be gone by itself
            request.transport.abort()
        return web.Response()
    if fault.at_the_door:
        waiting = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        return web.Response(text="error code: 1015", status=fault.status, headers=waiting)
    if fault.retry_after is not None:
        body = {"message": "rate limited", "retry_after": fault.retry_after, "global": False}
        return _answer(body, 429, {"Retry-After": str(round(fault.retry_after))})
    return _answer({"message": "failed by the test", "code": fault.code}, fault.status)
