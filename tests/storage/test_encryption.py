"""Tokens at rest: unreadable without the key, bound to their workspaces, keys change safely."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from bot.domain.errors import SecretKeyError
from bot.domain.secret_keys import split_keys
from bot.storage import installations
from bot.storage.database import Database
from bot.storage.encryption import Vault
from bot.storage.schema import installations as table
from tests.builders import NOW

OLD, NEW = "o" * 32, "n" * 43
TOKEN = "xoxb-1-very-secret"  # noqa: S105 - of nobody
T1 = {"platform": "slack", "workspace": "T1"}
T2 = {"platform": "slack", "workspace": "T2"}


async def save(database: Database, vault: Vault, token: str = TOKEN, **where: str) -> None:
    async with database.write() as connection:
        await installations.save_token(
            connection,
            token,
            platform=where.get("platform", "slack"),
            workspace=where.get("workspace", "T1"),
            installed_by="U1",
            vault=vault,
            now=NOW,
        )


async def token(database: Database, vault: Vault, **where: str) -> str | None:
    async with database.read() as connection:
        return await installations.token_of(
            connection,
            platform=where.get("platform", "slack"),
            workspace=where.get("workspace", "T1"),
            vault=vault,
        )


async def test_a_token_comes_back_as_it_was(database: Database) -> None:
    """To its own workspace alone, and it is nowhere to be read in the database."""
    vault = Vault([NEW])
    await save(database, vault)
    assert await token(database, vault) == TOKEN
    assert await token(database, vault, **T2) is None
    async with database.read() as connection:
        stored = (await connection.execute(table.select())).all()
    assert TOKEN not in str(stored)
    assert NEW not in str(stored)


async def test_without_a_key_nothing_is_stored(database: Database) -> None:
    """The error says how to make one."""
    with pytest.raises(SecretKeyError, match=r"secrets\.token_urlsafe\(32\)"):
        await save(database, Vault([]))
    async with database.read() as connection:
        assert not await installations.any_token(connection)


async def test_a_wrong_key_is_explained(database: Database) -> None:
    """With the mend, and without the token, any key or a traceback that holds them."""
    await save(database, Vault([OLD]))
    for keys, said in (([NEW], "put the former key behind the new one"), ([], "is not set")):
        with pytest.raises(SecretKeyError, match=said) as caught:
            await token(database, Vault(keys))
        assert OLD not in str(caught.value)
        assert NEW not in str(caught.value)


async def test_keys_change_without_losing_a_token(database: Database) -> None:
    """New in front of old; after the rotation the old one can go."""
    await save(database, Vault([OLD]))
    both = Vault(split_keys(f"{NEW} , {OLD}"))
    await save(database, both, "xoxb-2", **T2)
    assert await token(database, both) == TOKEN
    async with database.write() as connection:
        assert await installations.under_other_keys(connection, both) == [("slack", "T1")]
        assert await installations.rotate(connection, both) == 1
        assert await installations.rotate(connection, both) == 0
    assert await token(database, Vault([NEW])) == TOKEN
    assert await token(database, Vault([NEW]), **T2) == "xoxb-2"


async def test_a_rotation_without_the_old_key_changes_nothing(database: Database) -> None:
    """Putting the key back mends it."""
    await save(database, Vault([OLD]))
    with pytest.raises(SecretKeyError, match="T1 was encrypted with another"):
        async with database.write() as connection:
            await installations.rotate(connection, Vault([NEW]))
    assert await token(database, Vault([NEW, OLD])) == TOKEN


async def test_a_token_copied_to_another_workspace_is_refused(database: Database) -> None:
    """Who can write to the database still cannot speak as somebody else."""
    vault = Vault([NEW])
    await save(database, vault)
    await save(database, vault, "xoxb-2", **T2)
    async with database.write() as connection:
        stolen = select(table.c.token).where(table.c.workspace == "T1").scalar_subquery()
        await connection.execute(
            update(table).where(table.c.workspace == "T2").values(token=stolen)
        )
    with pytest.raises(SecretKeyError, match="not its own"):
        await token(database, vault, **T2)


async def test_a_token_that_was_tampered_with_is_refused(database: Database) -> None:
    """Nothing of what it decrypts to is used."""
    vault = Vault([NEW])
    await save(database, vault)
    async with database.write() as connection:
        await connection.execute(text("UPDATE installations SET token = 'gAAAA' || token"))
    with pytest.raises(SecretKeyError):
        await token(database, vault)


async def test_a_removed_workspaces_token_goes_at_once(database: Database) -> None:
    """It is of no use any more; a new installation brings a new one."""
    vault = Vault([NEW])
    await save(database, vault)
    async with database.write() as connection:
        await installations.mark_removed(connection, **T1, now=NOW)
        assert not await installations.any_token(connection)
    assert await token(database, vault) is None
    await save(database, vault, "xoxb-3")
    assert await token(database, vault) == "xoxb-3"


async def test_the_grace_begins_with_the_first_removal(database: Database) -> None:
    """Slack tells of it twice: revoked, and uninstalled."""
    for hours in (0, 5):
        async with database.write() as connection:
            later = NOW + timedelta(hours=hours)
            await installations.mark_removed(connection, **T1, now=later)
    async with database.read() as connection:
        assert await installations.removed(connection) == {("slack", "T1"): NOW}
