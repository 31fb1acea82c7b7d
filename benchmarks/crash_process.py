"""Starts the processes that are killed: a new interpreter each."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.crash_child import Fault

ROOT = Path(__file__).parents[1]

# With a fault the harness's hook comes first; without one nothing of the harness is in it.
HOOKED = ("-m", "benchmarks.crash_child")
UNMODIFIED = ("-m", "bot")


@dataclass(frozen=True, kw_only=True)
class Process:
    """A running process; ``name`` is what the platforms' doubles know it by."""

    name: str
    pid: int
    ended: asyncio.Future[int]
    log: Path

    @property
    def code(self) -> int | None:
        """The exit code (negative: the signal that ended it); None while it runs."""
        return self.ended.result() if self.ended.done() else None

    @property
    def was_killed(self) -> bool:
        """Whether SIGKILL ended it, and not itself."""
        return self.code == -signal.SIGKILL

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

    @property
    def has_complained(self) -> bool:
        """Whether it has told of a database that failed it: tried again, or a job given up."""
        said = self.log.read_text(encoding="utf-8", errors="replace")
        return "tried again" in said or "[error" in said

    def is_stopped(self) -> bool:
        """Tell whether it is frozen (Linux)."""
        with suppress(FileNotFoundError):
            state = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8")
            return state.rpartition(")")[2].split()[0] == "T"
        return False


async def migrate(url: str, folder: Path) -> None:
    """Make the newest schema, in a process of its own: Alembic does one at a time in each."""
    environ = {"PATH": os.environ.get("PATH", ""), "DATABASE_URL": url}
    process = await execute("migrate", ("migrate",), environ, fault=None, folder=folder)
    if await process.wait():
        raise RuntimeError(f"the database was not made: {process.log.read_text('utf-8')}")


async def execute(
    name: str,
    arguments: Sequence[str],
    environ: Mapping[str, str],
    *,
    fault: Fault | None,
    folder: Path,
) -> Process:
    """Start a new interpreter of the bot; without a fault exactly as a person would."""
    log = folder / f"{name}.log"
    hook = UNMODIFIED if fault is None else HOOKED
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *hook, *arguments),
            cwd=ROOT,
            env={**environ, **({} if fault is None else fault.environ())},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=file,
        )
    return Process(name=name, pid=process.pid, ended=asyncio.ensure_future(process.wait()), log=log)
