"""Parsing outside the event loop: in processes that are bounded and may be killed.

A thread could not be stopped, and a pool of processes (``concurrent.futures``) is lost as
a whole when one of them is killed. These start when first needed, get no secrets of the
environment, ignore the terminal's Ctrl-C, and end when their owner does, however it ends.
"""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from bot.domain.model import Fetched, ParsedFeed
from bot.feeds import unreadable
from bot.feeds.frames import HEADER, PARSED_FEED, REQUEST, Request, frame, length_of
from bot.feeds.urls import shown_url

# The largest allowed body (10 MB) of an honest feed takes 5 s on one slow core.
PARSE_SECONDS = 10.0

# Parsing is a small part of polling: one process keeps up with hundreds of feeds a minute,
# the second keeps them going while a bad feed holds the first.
PROCESSES = 2

# So long a document waits for a process that runs before another is started, which takes some
# 30 MB: honest documents in front of it are done by then.
HELD_SECONDS = 2.0

# The variables that Python needs to start; tokens and keys are not among them.
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "PYTHONHOME", "TZ")

# What ends the talk with a process that died or speaks nonsense.
BROKEN = (asyncio.IncompleteReadError, ConnectionError, ValidationError, ValueError)


class FeedParser:
    """Parses documents in up to ``processes`` processes; an async context manager.

    Another one than the first is started only when a document has waited for ``held`` seconds.
    """

    def __init__(
        self,
        *,
        processes: int = PROCESSES,
        seconds: float = PARSE_SECONDS,
        held: float = HELD_SECONDS,
    ) -> None:
        self._seconds = seconds
        self._held = held
        self._started: set[Process] = set()
        # Places, each for one process: None where it is not running. The first that is given
        # back is used next; those of ``_spare`` are not in use yet.
        self._idle: asyncio.LifoQueue[Process | None] = asyncio.LifoQueue()
        self._idle.put_nowait(None)
        self._spare = processes - 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the processes. A later ``parse`` would start new ones."""
        idle = [self._idle.get_nowait() for _ in range(self._idle.qsize())]
        for process in idle:
            await self._end(process)
            self._idle.put_nowait(None)

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The ids of the processes that run, for those who watch them."""
        return tuple(process.pid for process in self._started if process.returncode is None)

    async def parse(self, fetched: Fetched, *, zone: str | None, now: datetime) -> ParsedFeed:
        """Return what ``parse_feed`` makes of the document.

        A document that takes longer than the deadline, or more memory than allowed, has a
        ``problem`` that says so. Raises OSError where no process can be started.
        """
        request = Request(content_type=fetched.content_type, url=fetched.url, zone=zone, now=now)
        host = shown_url(fetched.url)
        try:
            return await self._parse(request, fetched.body)
        except TimeoutError:
            return ParsedFeed(problem=unreadable.TOO_SLOW.format(host=host, seconds=self._seconds))
        except BROKEN:
            return ParsedFeed(problem=unreadable.TOO_HEAVY.format(host=host))

    async def _parse(self, request: Request, body: bytes) -> ParsedFeed:
        process = await self._place()
        usable: Process | None = None
        try:
            process = await self._running(process)
            async with asyncio.timeout(self._seconds):
                parsed = await _ask(process, request, body)
            usable = process
        finally:
            # Given back before anything is waited for: a cancellation must not lose the place.
            self._idle.put_nowait(usable)
            if usable is None:
                await self._end(process)
        return parsed

    async def _place(self) -> Process | None:
        """Return a process that is idle, or None where one is to be started."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._held if self._spare else None):
                return await self._idle.get()
        if self._spare:
            self._spare -= 1
            return None
        return await self._idle.get()

    async def _running(self, process: Process | None) -> Process:
        if process is not None and process.returncode is None:
            return process
        await self._end(process)
        process = await _start()
        self._started.add(process)
        return process

    async def _end(self, process: Process | None) -> None:
        if process is None:
            return
        self._started.discard(process)
        with suppress(ProcessLookupError):
            process.kill()
        # Shielded: a process that is not waited for stays as a zombie, its pipes open.
        await asyncio.shield(process.communicate())


async def _start() -> Process:
    root = Path(__file__).parents[2]
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "bot.feeds.worker",
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={**environment, "PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8"},
        start_new_session=True,
    )


async def _ask(process: Process, request: Request, body: bytes) -> ParsedFeed:
    writer, reader = process.stdin, process.stdout
    if writer is None or reader is None:
        raise ConnectionError("the process was started without pipes")
    writer.write(frame(REQUEST.dump_json(request)))
    writer.write(frame(body))
    await writer.drain()
    header = await reader.readexactly(HEADER.size)
    return PARSED_FEED.validate_json(await reader.readexactly(length_of(header)))
