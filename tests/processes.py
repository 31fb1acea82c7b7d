"""The real process, `python -m bot`, over a configuration and a database of its own."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.demo.samples import load_sample_feeds, sample_outlets
from bot.demo.server import serve_samples

ROOT = Path(__file__).parents[1]

# Far longer than anything here takes: a hang ends as a failure.
PATIENCE = 120


@dataclass(frozen=True)
class Finished:
    """What a process printed, and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Bot:
    """Starts `python -m bot` with this configuration."""

    environ: dict[str, str]
    config: Path

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *arguments,
            cwd=ROOT,
            env=self.environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, *arguments: str) -> Finished:
        process = await self.start(*arguments)
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode is not None
        return Finished(process.returncode, out.decode(), err.decode())


def toml(table: str, rows: list[dict[str, object]]) -> str:
    """Return rows as TOML tables; JSON's strings and lists are TOML's."""
    lines = []
    for row in rows:
        lines.append(f"[[{table}]]")
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in row.items()]
    return "\n".join(lines) + "\n"


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    """A bot whose configuration has no feeds yet."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "feeds.toml").write_text("")
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG", "COVERAGE_FILE"}}
    return Bot(
        config=config,
        environ=kept
        | {
            "STRAIT_CONFIG_DIR": str(config),
            "STRAIT_ALLOW_NETWORKS": "127.0.0.0/8",
            "DATABASE_URL": f"sqlite:///{tmp_path}/strait.sqlite3",
            "PYTHONUTF8": "1",
        },
    )


@pytest.fixture
async def sampled(bot: Bot) -> AsyncIterator[Bot]:
    """A bot that polls the sample feeds, served on loopback."""
    async with serve_samples(datetime.now(UTC)) as base_url:
        feeds: list[dict[str, object]] = [
            {
                "url": feed.url,
                "name": feed.name,
                "outlet": feed.outlet,
                "language": feed.language,
                "zone": feed.zone,
            }
            for feed in load_sample_feeds(base_url)
        ]
        outlets: list[dict[str, object]] = [
            {
                "id": outlet.id,
                "name": outlet.name,
                "country": outlet.country,
                "languages": list(outlet.languages),
                "domains": list(outlet.domains),
            }
            for outlet in sample_outlets()
        ]
        (bot.config / "feeds.toml").write_text(toml("feed", feeds), encoding="utf-8")
        (bot.config / "outlets.toml").write_text(toml("outlet", outlets), encoding="utf-8")
        yield bot
