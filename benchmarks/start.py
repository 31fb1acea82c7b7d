"""How soon a process of each role works: from its start to the end of its first round.

``python -m benchmarks.start [--runs 9] [--roles send,poll]`` starts the real process
(``run --roles …``) over an empty database that is up to date, on SQLite and on Postgres, and
waits until it says that its jobs have run once: a sending process has asked for what is due by
then. The sender is measured to the console, to a webhook, which needs an HTTP client, and to Slack
and Discord, whose libraries it imports (nobody answers there). The processor's time is given
beside the clock's, for machines that have other work.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import Row, print_table
from tests.fakes.postgres import running_postgres

ROOT = Path(__file__).parents[1]

# What the crash harness is promised of a sending role (a thousand kills in half an hour); the
# chat platforms' own libraries are not counted.
SEND_MUST = 0.5

ROLES = ("send", "write", "read", "poll", "care")
WORKS = b"first round done"
NOBODY = "http://127.0.0.1:9"
WEBHOOK = f'[[output]]\nname = "hook"\nkind = "webhook"\nurl = "{NOBODY}/in"\n'
CHATS = {
    "Slack": {
        "SLACK_BOT_TOKEN": "xoxb-none",
        "SLACK_SIGNING_SECRET": "none",
        "SLACK_API_BASE": f"{NOBODY}/api/",
    },
    "Discord": {"DISCORD_TOKEN": "none", "DISCORD_API_BASE": f"{NOBODY}/api/v10"},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    """One start, in seconds: by the clock, and of the processor."""

    wall: float
    cpu: float


def start(environ: Mapping[str, str], role: str) -> Start:
    """Start a process and end it as soon as it works."""
    began = time.perf_counter()
    process = subprocess.Popen(
        (sys.executable, "-m", "bot", "run", "--roles", role),
        cwd=ROOT,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    said = next((line for line in process.stderr or () if WORKS in line), None)
    wall, cpu = time.perf_counter() - began, _cpu_seconds(process.pid)
    process.terminate()
    process.communicate()
    if said is None:
        raise SystemExit(f"the role {role} ended before it worked")
    return Start(wall=wall, cpu=cpu)


def _cpu_seconds(pid: int) -> float:
    """Return what the process has used of the processor, in user and system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(
    environ: Mapping[str, str], role: str, *, runs: int, named: str, must: float | None = None
) -> Row:
    """Return the median of some starts after one that warms the disk's cache."""
    start(environ, role)
    starts = [start(environ, role) for _ in range(runs)]
    cpu = statistics.median(one.cpu for one in starts)
    fastest = min(one.wall for one in starts)
    return Row(
        measure=named,
        value=statistics.median(one.wall for one in starts),
        must=must,
        note=f"fastest {fastest:.2f}, processor {cpu:.2f}",
        lower_is_better=True,
    )


def environment(folder: Path, url: str, settings: str = "") -> dict[str, str]:
    """Write a configuration that polls nothing; returns the environment of a process."""
    folder.mkdir()
    (folder / "settings.toml").write_text(settings, encoding="utf-8")
    (folder / "feeds.toml").write_text("", encoding="utf-8")
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}}
    return kept | {"DATABASE_URL": url, "STRAIT_CONFIG_DIR": str(folder)}


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """Yield the addresses of two empty databases."""
    with tempfile.TemporaryDirectory() as folder, running_postgres() as server:
        yield {
            "SQLite": f"sqlite:///{folder}/strait.sqlite3",
            "Postgres": server.url(server.create()),
        }


def rows(roles: list[str], runs: int) -> Iterator[Row]:
    """Measure every role on every database."""
    with databases() as urls, tempfile.TemporaryDirectory() as name:
        for kind, url in urls.items():
            plain = environment(Path(name) / kind, url)
            hooked = environment(Path(name) / f"{kind}-webhook", url, WEBHOOK)
            subprocess.run(
                (sys.executable, "-m", "bot", "migrate"),
                cwd=ROOT,
                env=plain,
                check=True,
                stderr=subprocess.DEVNULL,
            )
            for role in roles:
                must = SEND_MUST if role == "send" else None
                yield measure(plain, role, runs=runs, named=f"{role}, {kind}, s", must=must)
            if "send" in roles:
                named = f"send to a webhook, {kind}, s"
                yield measure(hooked, "send", runs=runs, named=named, must=SEND_MUST)
                for chat, variables in CHATS.items():
                    named = f"send to {chat}, {kind}, s"
                    yield measure(plain | variables, "send", runs=runs, named=named)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--roles", default=",".join(ROLES))
    given = parser.parse_args()
    load = os.getloadavg()[0]
    title = f"From the start to the first round; load {load:.1f} on {os.cpu_count()} processors"
    print_table(list(rows(given.roles.split(","), given.runs)), title=title)


if __name__ == "__main__":
    main()
