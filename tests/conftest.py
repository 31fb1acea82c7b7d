"""Fixtures that several parts share."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.database import Database

ROOT = Path(__file__).parents[1]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/strait.sqlite3"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A real SQLite database on disk, at the newest schema."""
    opened = Database(database_url)
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def evaluation_data() -> Path:
    """The folder of the evaluation data, which is not part of the repository."""
    folder = Path(os.environ.get("STRAIT_EVAL_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no evaluation data in {folder}: name its folder in STRAIT_EVAL_DATA")
    return folder
