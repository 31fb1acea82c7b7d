"""What the bot does once a day for itself: pruning, new keys, backups."""

from pathlib import Path

from bot.app.core import App
from bot.domain.secret_keys import split_keys
from bot.jobs.backup import back_up_if_due
from bot.jobs.prune import Pruned, prune, prune_if_due
from bot.storage import installations
from bot.storage.encryption import Vault
from bot.storage.transfer import export_database


async def care(app: App) -> None:
    """Do what is due; whoever wakes it may do so as often as they like."""

    async def export(out: Path) -> None:
        await export_database(app.database, out, now=app.clock())

    keep, now = app.settings.retention, app.clock()
    if await prune_if_due(database=app.database, keep=keep, now=now) is not None:
        await rotate_keys(app)
    await back_up_if_due(
        database=app.database, plan=app.settings.backup, export=export, now=app.clock()
    )


async def prune_now(app: App) -> Pruned:
    """Prune, due or not."""
    pruned = await prune(database=app.database, keep=app.settings.retention, now=app.clock())
    await rotate_keys(app)
    return pruned


async def rotate_keys(app: App) -> int:
    """Encrypt what is stored with the newest key; returns how much had another one."""
    keys = vault_of(app)
    async with app.database.write() as connection:
        if not await installations.any_token(connection):
            return 0
        return await installations.rotate(connection, keys)


def vault_of(app: App) -> Vault:
    """Return the keys of STRAIT_SECRET_KEY; none where it is not set."""
    secret = app.settings.environment.strait_secret_key
    return Vault(split_keys(secret.get_secret_value()) if secret else [])
