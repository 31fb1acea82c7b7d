"""What is stored of a person, and its removal."""

from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate

from bot.domain.people import Forgotten
from bot.storage.schema import corrections, deliveries, installations, subscriptions, told

# A direct message goes to the "channel" of this sign and the person's id.
PERSON = "@"


async def forget(
    connection: AsyncConnection, person: str, *, platform: str, workspace: str | None
) -> Forgotten:
    """Remove what names a person: in one workspace, or in all of the platform's (None).

    What a channel gets belongs to its workspace and goes on, without the person's name.
    """

    def owned(table: Table) -> ColumnElement[bool]:
        mine = table.c.platform == platform
        return mine if workspace is None else and_(mine, table.c.workspace == workspace)

    def told_directly(table: Table) -> ColumnElement[bool]:
        direct = (PERSON + person,)
        own = and_(table.c.platform == platform, table.c.workspace.in_(direct))
        return or_(own, and_(owned(table), table.c.channel.in_(direct)))

    messages = await _count(
        connection, delete(deliveries).where(told_directly(deliveries)).returning(deliveries.c.id)
    )
    direct = await _count(
        connection,
        delete(subscriptions).where(told_directly(subscriptions)).returning(subscriptions.c.id),
    )
    await connection.execute(delete(told).where(told_directly(told)))
    unnamed = 0
    for table, column in (
        (subscriptions, subscriptions.c.created_by),
        (installations, installations.c.installed_by),
    ):
        statement = update(table).where(owned(table), column == person).values({column: None})
        unnamed += await _count(connection, statement.returning(table.c.workspace))
    exactly = [f"{platform}:{person}", f"{platform}:{workspace}/{person}"]
    names = [corrections.c.made_by.in_(exactly)]
    if workspace is None:
        names.append(corrections.c.made_by.like(f"{platform}:%/{person}"))
    corrected = update(corrections).where(or_(*names))
    statement = corrected.values(made_by=f"{platform}:forgotten").returning(corrections.c.id)
    unnamed += await _count(connection, statement)
    return Forgotten(subscriptions=direct, messages=messages, unnamed=unnamed)


async def _count(
    connection: AsyncConnection, statement: ReturningDelete[Any] | ReturningUpdate[Any]
) -> int:
    return len((await connection.execute(statement)).all())
