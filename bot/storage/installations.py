"""Workspaces that the bot was added to or removed from, with their encrypted tokens."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, case, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.dialect import insert
from bot.storage.encryption import Vault
from bot.storage.schema import installations, subscriptions

Workspace = tuple[str, str]


def is_present(platform: ColumnElement[str], workspace: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a row's workspace has not removed the bot."""
    return ~exists().where(
        installations.c.platform == platform,
        installations.c.workspace == workspace,
        installations.c.removed_at.is_not(None),
    )


async def save_token(
    connection: AsyncConnection,
    token: str,
    *,
    platform: str,
    workspace: str,
    installed_by: str | None,
    vault: Vault,
    now: datetime,
) -> None:
    """Keep a workspace's token, encrypted; one that had removed the bot has it again.

    Raises SecretKeyError where there is no key to encrypt with.
    """
    values = {
        "token": vault.encrypt(token, platform=platform, workspace=workspace),
        "key_id": vault.key_id,
        "installed_by": installed_by,
        "installed_at": now,
        "removed_at": None,
    }
    await _resume(connection, [workspace], platform=platform, now=now)
    await _upsert(connection, (platform, workspace), values)


async def token_of(
    connection: AsyncConnection, *, platform: str, workspace: str, vault: Vault
) -> str | None:
    """Return a workspace's token; None where it gave none, or has removed the bot.

    Raises SecretKeyError, with the mend, where it was encrypted with another key.
    """
    statement = select(installations.c.token, installations.c.key_id).where(
        *_at(platform, workspace), installations.c.removed_at.is_(None)
    )
    row = (await connection.execute(statement)).first()
    if row is None or row.token is None:
        return None
    return vault.decrypt(row.token, row.key_id or "", platform=platform, workspace=workspace)


async def mark_removed(
    connection: AsyncConnection, *, platform: str, workspace: str, now: datetime
) -> None:
    """Record that a workspace removed the bot; its token is of no use any more and goes.

    One that is removed already keeps its moment, so that its grace does not begin anew.
    """
    first = func.coalesce(installations.c.removed_at, now)
    fresh = {"removed_at": now, "token": None, "key_id": None, "installed_at": now}
    known = {"removed_at": first, "token": None, "key_id": None}
    statement = insert(connection, installations).values(
        platform=platform, workspace=workspace, **fresh
    )
    await connection.execute(
        statement.on_conflict_do_update(index_elements=list(installations.primary_key), set_=known)
    )


async def mark_present(
    connection: AsyncConnection, workspaces: Collection[str], *, platform: str, now: datetime
) -> list[str]:
    """Record that workspaces have the bot (again); returns those that had removed it.

    What fell due in between was not wanted: their subscriptions go on with the next slot.
    """
    back = await _removed_of(connection, workspaces, platform=platform)
    await _resume(connection, back, platform=platform, now=now)
    await connection.execute(
        update(installations)
        .where(installations.c.platform == platform, installations.c.workspace.in_(back))
        .values(removed_at=None, installed_at=now)
    )
    return back


async def subscribed(connection: AsyncConnection, platform: str) -> set[str]:
    """Return the workspaces of a platform that have subscriptions, and have the bot."""
    here = is_present(subscriptions.c.platform, subscriptions.c.workspace)
    mine = subscriptions.c.platform == platform
    statement = select(subscriptions.c.workspace).where(mine, here).distinct()
    return set((await connection.execute(statement)).scalars())


async def removed(connection: AsyncConnection) -> dict[Workspace, datetime]:
    """Return the workspaces that removed the bot, and when, for the instance's admin."""
    statement = select(
        installations.c.platform, installations.c.workspace, installations.c.removed_at
    ).where(installations.c.removed_at.is_not(None))
    rows = await connection.execute(statement)
    return {(row.platform, row.workspace): row.removed_at for row in rows}


async def under_other_keys(connection: AsyncConnection, vault: Vault) -> list[Workspace]:
    """Return the workspaces whose tokens are not encrypted with the newest key."""
    statement = select(installations.c.platform, installations.c.workspace).where(
        installations.c.token.is_not(None), installations.c.key_id != vault.key_id
    )
    return [(row.platform, row.workspace) for row in await connection.execute(statement)]


async def rotate(connection: AsyncConnection, vault: Vault) -> int:
    """Encrypt every token with the newest key; returns how many had another one.

    Raises SecretKeyError where one cannot be decrypted; then nothing is changed.
    """
    stale = await under_other_keys(connection, vault)
    for platform, workspace in stale:
        token = await token_of(connection, platform=platform, workspace=workspace, vault=vault)
        if token is not None:
            secret = vault.encrypt(token, platform=platform, workspace=workspace)
            await connection.execute(
                update(installations)
                .where(*_at(platform, workspace))
                .values(token=secret, key_id=vault.key_id)
            )
    return len(stale)


async def any_token(connection: AsyncConnection) -> bool:
    """Tell whether any workspace's token is stored."""
    statement = select(installations.c.workspace).where(installations.c.token.is_not(None)).limit(1)
    return (await connection.execute(statement)).first() is not None


async def forget(connection: AsyncConnection, *, platform: str, workspace: str) -> None:
    """Drop an installation whole."""
    await connection.execute(delete(installations).where(*_at(platform, workspace)))


async def _removed_of(
    connection: AsyncConnection, workspaces: Collection[str], *, platform: str
) -> list[str]:
    statement = select(installations.c.workspace).where(
        installations.c.platform == platform, installations.c.removed_at.is_not(None)
    )
    # Compared here: a bot may be in more servers than a statement binds values.
    found = set((await connection.execute(statement)).scalars())
    return sorted(found.intersection(workspaces))


async def _resume(
    connection: AsyncConnection, workspaces: Collection[str], *, platform: str, now: datetime
) -> None:
    skipped = case((subscriptions.c.last_slot_at > now, subscriptions.c.last_slot_at), else_=now)
    back = ~is_present(subscriptions.c.platform, subscriptions.c.workspace)
    await connection.execute(
        update(subscriptions)
        .where(
            subscriptions.c.platform == platform, subscriptions.c.workspace.in_(workspaces), back
        )
        .values(last_slot_at=skipped)
    )


async def _upsert(
    connection: AsyncConnection, workspace: Workspace, values: Mapping[str, object]
) -> None:
    platform, name = workspace
    statement = insert(connection, installations).values(
        platform=platform, workspace=name, **values
    )
    await connection.execute(
        statement.on_conflict_do_update(index_elements=list(installations.primary_key), set_=values)
    )


def _at(platform: str, workspace: str) -> tuple[ColumnElement[bool], ...]:
    return (installations.c.platform == platform, installations.c.workspace == workspace)
