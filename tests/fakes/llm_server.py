"""An OpenAI-compatible chat endpoint on loopback that answers as a test scripts it."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer. ``stall``: none comes; ``drop``: the connection ends without one."""

    content: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    tokens: tuple[int, int] | None = (100, 50)
    stall: bool = False
    drop: bool = False


@dataclass
class LlmServer:
    """Answers with ``replies`` in order, the last one for good, and keeps what it was asked.

    A request for a format that is in ``refuses`` is answered 400.
    """

    base_url: str = ""
    replies: deque[Reply] = field(default_factory=deque)
    refuses: frozenset[str] = frozenset()
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def will(self, *replies: Reply) -> None:
        """Script the next answers."""
        self.replies = deque(replies)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a request for a chat completion."""
        self.asked.append(await request.json())
        self.keys.append(request.headers.get("Authorization", ""))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answer(request)
        finally:
            self.at_once -= 1

    async def _answer(self, request: web.Request) -> web.Response:
        await asyncio.sleep(0.01)
        shape = self.asked[-1].get("response_format", {}).get("type", "")
        if shape in self.refuses:
            return web.json_response({"error": {"message": f"no {shape}"}}, status=400)
        reply = self.replies.popleft() if len(self.replies) > 1 else self.replies[0]
        if reply.stall:
            await self.released.wait()
        if reply.drop:
            assert request.transport is not None
            request.transport.abort()
        if reply.status != web.HTTPOk.status_code:
            error = {"error": {"message": "failed by the test"}}
            return web.json_response(error, status=reply.status, headers=reply.headers)
        return web.json_response(_completion(reply))


@asynccontextmanager
async def llm_server() -> AsyncIterator[LlmServer]:
    """Serve while the context lasts."""
    scripted = LlmServer()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", scripted.answer)
    server = TestServer(app)
    await server.start_server()
    scripted.base_url = str(server.make_url("/v1"))
    try:
        yield scripted
    finally:
        scripted.released.set()
        await server.close()


def draft(*sentences: tuple[str, list[str]], headline: str = "", **more: object) -> str:
    """Return a model's answer of these sentences, as JSON."""
    told = [{"text": text, "cites": cites} for text, cites in sentences]
    return json.dumps({"headline": headline, "sentences": told} | more, ensure_ascii=False)


def _completion(reply: Reply) -> dict[str, Any]:
    usage = None
    if reply.tokens:
        given, made = reply.tokens
        usage = {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}
    message = {"role": "assistant", "content": reply.content}
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": usage,
    }
