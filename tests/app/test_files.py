"""What the bot makes is for its owner alone, whatever the umask says."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import open_database, write_page
from bot.domain.errors import InputError
from bot.settings import load_settings


@pytest.fixture(params=[0o000, 0o022, 0o077], autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def test_the_database_and_its_logs_are_private(tmp_path: Path) -> None:
    """It holds what workspaces follow, and their tokens; SQLite's own files follow it."""
    file = tmp_path / "folder" / "strait.sqlite3"
    database = open_database(load_settings({"DATABASE_URL": f"sqlite:///{file}"}))
    await database.migrate()
    async with database.write() as connection:
        await connection.exec_driver_sql("INSERT INTO facts VALUES ('a', 'b')")
    async with database.read():
        files = sorted(file.parent.iterdir())
        assert len(files) > 1
        assert {mode(one) for one in files} == {0o600}
    assert mode(file.parent) == 0o700
    await database.close()


def test_a_page_is_private(tmp_path: Path) -> None:
    """In a folder that is made where it is missing."""
    write_page(tmp_path / "out" / "page.html", "<p>日韓</p>\n")
    page = tmp_path / "out" / "page.html"
    assert (mode(page), page.read_text(encoding="utf-8")) == (0o600, "<p>日韓</p>\n")


def test_a_page_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    """With the mend."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="name another place"):
        write_page(tmp_path / "file" / "page.html", "x")
