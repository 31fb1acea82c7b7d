"""A scriptable feed server on the loopback: HTTP by hand, so that it can misbehave too."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from types import TracebackType
from typing import Self

LOOPBACK = (ip_network("127.0.0.0/8"),)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked. Header names are in lower case, values byte-exact as Latin-1."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is answered.

    ``repeat`` sends the body so many times; ``pause`` waits so many seconds before each
    byte; ``cut_after`` ends the connection after so many bytes of the body, whose whole
    length was announced.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    repeat: int = 1
    pause: float | None = None
    cut_after: int | None = None


Script = Answer | Callable[[Request], Answer]


class FeedServer:
    """Serves scripted answers by path and remembers the requests; an async context manager."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._scripts: dict[str, Script] = {}
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.requests: list[Request] = []
        self.at_once = 0
        self.most_at_once = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def url(self, path: str, *, host: str = "127.0.0.1") -> str:
        """Return the address of a path here."""
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def answer(self, path: str, script: Script) -> str:
        """Answer so from now on; returns the address."""
        self._scripts[path] = script
        return self.url(path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        finally:
            self.at_once -= 1
            self._open.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = _read_request(await reader.readuntil(b"\r\n\r\n"))
        self.requests.append(request)
        script = self._scripts.get(request.path, Answer(status=404))
        answer = script(request) if callable(script) else script
        writer.write(_head(answer))
        for _ in range(answer.repeat):
            await _send(writer, answer)
        await writer.drain()


def _read_request(head: bytes) -> Request:
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(": ") for line in lines)
    return Request(
        method=method, path=path, headers={name.lower(): value for name, _, value in pairs}
    )


def _head(answer: Answer) -> bytes:
    length = len(answer.body) * answer.repeat
    headers = {"Content-Length": str(length), "Connection": "close", **answer.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} Scripted\r\n{lines}\r\n".encode("latin-1")


async def _send(writer: asyncio.StreamWriter, answer: Answer) -> None:
    body = answer.body[: answer.cut_after]
    if answer.pause is None:
        writer.write(body)
        await writer.drain()
        return
    for position in range(len(body)):
        await asyncio.sleep(answer.pause)
        writer.write(body[position : position + 1])
        await writer.drain()
