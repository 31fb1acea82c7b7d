"""The whole app's daily care: what is old goes, tokens change keys, backups are whole."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.app import App, open_app, prune_now
from bot.app.care import care
from bot.domain.backups import BackupPlan
from bot.settings import load_settings
from bot.storage import archive, facts, installations
from bot.storage.encryption import Vault
from tests.builders import NOW, parsed
from tests.jobs.test_prune import poll, read

OLD, NEW = "o" * 32, "n" * 32


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    settings = load_settings(
        {
            "DATABASE_URL": f"sqlite:///{tmp_path}/strait.sqlite3",
            "STRAIT_SECRET_KEY": f"{NEW},{OLD}",
        }
    )
    plan = BackupPlan(folder=str(tmp_path / "backups"))
    async with open_app(replace(settings, backup=plan)) as opened:
        opened.clock = lambda: NOW
        yield opened


async def install(app: App) -> None:
    async with app.database.write() as connection:
        await installations.save_token(
            connection,
            "xoxb-very-secret",
            platform="slack",
            workspace="T1",
            installed_by=None,
            vault=Vault([OLD]),
            now=NOW,
        )


async def test_a_day_is_cared_for_once(app: App, tmp_path: Path) -> None:
    """However often it is woken; the backup is a whole export."""
    await poll(app.database, [parsed(1)], now=NOW - timedelta(days=200))
    await read(app.database, [None])
    for _ in range(3):
        await care(app)
    async with app.database.read() as connection:
        assert await facts.get(connection, "pruned at") == NOW.isoformat()
    [backup] = sorted((tmp_path / "backups").iterdir())
    header, rows = archive.check(backup)
    assert not header.secrets
    assert rows["entries"] == 0
    assert backup.stat().st_mode & 0o777 == 0o600


async def test_a_backup_holds_no_token(app: App, tmp_path: Path) -> None:
    """Neither as it was nor encrypted."""
    await install(app)
    await care(app)
    [backup] = sorted((tmp_path / "backups").iterdir())
    written = "".join(map(str, archive.batches(backup, size=1000)))
    assert "T1" in written
    assert "xoxb" not in written
    assert "gAAAA" not in written  # how every Fernet token begins


async def test_tokens_move_to_the_newest_key(app: App) -> None:
    """After it the former key is needed no more."""
    await install(app)
    await prune_now(app)
    async with app.database.read() as connection:
        token = await installations.token_of(
            connection, platform="slack", workspace="T1", vault=Vault([NEW])
        )
    assert token == "xoxb-very-secret"  # noqa: S105 - of nobody


async def test_care_without_a_key_needs_none(app: App) -> None:
    """Where no token is stored."""
    environment = app.settings.environment.model_copy(update={"strait_secret_key": None})
    app.settings = replace(app.settings, environment=environment)
    await care(app)
    assert not isinstance(app.settings.environment.strait_secret_key, SecretStr)
