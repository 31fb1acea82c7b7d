"""Starts the processes that are killed: a new interpreter each, or a fork with its imports done."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHILD = ("-m", "benchmarks.crash_child")


@dataclass(frozen=True)
class Process:
    """A running process, whoever its parent is; ``ended`` is its exit code (negative: a signal)."""

    pid: int
    ended: asyncio.Future[int]

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self.ended.result() if self.ended.done() else None

    async def wait(self) -> int:
        """Wait for the end."""
        return await asyncio.shield(self.ended)

    def send(self, name: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if not self.ended.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, name)

    async def kill(self) -> None:
        """Kill it, and wait for the end."""
        self.send(signal.SIGKILL)
        await self.wait()


async def execute(arguments: Sequence[str], environ: Mapping[str, str], errors: Path) -> Process:
    """Start a new interpreter."""
    with errors.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *CHILD, *arguments),
            cwd=ROOT,
            env=dict(environ),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=file,
        )
    return Process(process.pid, asyncio.ensure_future(process.wait()))


class Forks:
    """A process that has done its imports, and forks for each that is started."""

    def __init__(self, environ: Mapping[str, str], errors: Path) -> None:
        self._environ = dict(environ)
        self._errors = errors
        self._starting = asyncio.Lock()
        self._started: asyncio.Queue[int] = asyncio.Queue()
        self._ended: dict[int, asyncio.Future[int]] = {}

    async def open(self) -> None:
        """Start it."""
        with self._errors.open("ab") as file:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, *CHILD, "fork"),
                cwd=ROOT,
                env=self._environ,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=file,
            )
        self._reading = asyncio.create_task(self._read())

    async def start(self, arguments: Sequence[str]) -> Process:
        """Start a fork."""
        if self._process.stdin is None:
            raise RuntimeError("not open")
        async with self._starting:
            self._process.stdin.write(json.dumps(list(arguments)).encode() + b"\n")
            await self._process.stdin.drain()
            pid = await self._started.get()
        return Process(pid, self._ended[pid])

    async def close(self) -> None:
        """End it."""
        self._process.kill()
        await self._process.wait()
        self._reading.cancel()

    async def _read(self) -> None:
        if self._process.stdout is None:
            raise RuntimeError("not open")
        while line := await self._process.stdout.readline():
            word, pid, *code = line.split()
            if word == b"started":
                self._ended[int(pid)] = asyncio.get_running_loop().create_future()
                self._started.put_nowait(int(pid))
            else:
                self._ended.pop(int(pid)).set_result(int(code[0]))
