"""The files and webhooks of settings.toml: their messengers and their subscriptions."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import structlog

from bot.app.core import App
from bot.domain.model import SubscriptionStatus
from bot.domain.planning import change_taste, configured
from bot.domain.schedule import describe
from bot.settings.outputs import WORKSPACE

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.model import Subscription
    from bot.platforms.messenger import Messenger
    from bot.settings.outputs import OutputTarget

log = structlog.get_logger()

KINDS = ("file", "webhook", "feed")
REMOVED = "The output is not in settings.toml any more."


def output_messengers(app: App, stack: AsyncExitStack) -> dict[str, Messenger]:
    """Return a messenger for each kind of output that is configured."""
    kinds = {output.kind for output in app.settings.outputs}
    makers = {"file": _files, "webhook": _webhooks, "feed": _feeds}
    return {kind: makers[kind](app, stack) for kind in KINDS if kind in kinds}


def _files(app: App, stack: AsyncExitStack) -> Messenger:
    from bot.platforms.file.messenger import FileMessenger

    paths = {o.name: o.path for o in app.settings.outputs if o.path and o.kind == "file"}
    return FileMessenger(paths, app.texts)


def _feeds(app: App, stack: AsyncExitStack) -> Messenger:
    from bot.platforms.feed.messenger import Feed, FeedMessenger

    feeds = {
        output.name: Feed(name=output.name, path=output.path, keep=output.keep, url=output.link)
        for output in app.settings.outputs
        if output.kind == "feed"
    }
    return FeedMessenger(feeds, app.texts)


def _webhooks(app: App, stack: AsyncExitStack) -> Messenger:
    from bot.feeds.network import guarded_sockets
    from bot.platforms.webhook.config import Webhook
    from bot.platforms.webhook.messenger import WebhookMessenger

    webhooks = {
        output.name: Webhook(
            name=output.name,
            url=output.url,
            secret=output.secret,
            honours_key=output.honours_key,
            lookup_url=output.lookup_url,
        )
        for output in app.settings.outputs
        if output.url
    }
    guard = guarded_sockets(app.settings.allow_networks)
    messenger = WebhookMessenger(webhooks, app.texts, socket_factory=guard, clock=app.clock)
    stack.push_async_callback(messenger.close)
    return messenger


async def sync_outputs(app: App) -> None:
    """Make the outputs' subscriptions follow the settings.

    A new one is due from its next slot on. One that is gone from the settings is paused; one
    that was paused because it could not be written to is tried again: a person has started
    the bot anew.
    """
    from bot.storage import subscriptions, turns

    wanted = {output.destination: output for output in app.settings.outputs}
    async with app.database.write() as connection:
        for kind in KINDS:
            # A second process that starts meanwhile must find them, not add its own.
            await turns.workspace(connection, kind, WORKSPACE)
            for known in await subscriptions.of_workspace(connection, kind, WORKSPACE):
                await _follow(connection, app, known, wanted.pop(known.destination, None))
        for destination, output in wanted.items():
            now = app.clock()
            await subscriptions.add(
                connection, destination, output.taste, created_by=None, after=now, now=now
            )
    for output in app.settings.outputs:
        schedule = describe(output.taste.schedule)
        log.info("output subscribed", name=output.name, kind=output.kind, schedule=schedule)


async def _follow(
    connection: AsyncConnection, app: App, known: Subscription, output: OutputTarget | None
) -> None:
    from bot.storage import deliveries, subscriptions

    if output is None:
        if known.status is SubscriptionStatus.ACTIVE:
            await subscriptions.pause_at(connection, known.destination, problem=REMOVED)
            await deliveries.cancel(
                connection,
                known.id,
                platform=known.destination.platform,
                workspace=known.destination.workspace,
                problem=REMOVED,
            )
        return
    taste = configured(known.taste, output.taste)
    if known.taste != taste:
        changed = change_taste(known, taste, now=app.clock())
        await subscriptions.save_change(connection, changed)
    if known.status is SubscriptionStatus.PAUSED:
        now = app.clock()
        await subscriptions.save_status(
            connection,
            known.id,
            SubscriptionStatus.ACTIVE,
            platform=known.destination.platform,
            workspace=known.destination.workspace,
            skip_until=now,
        )
        await deliveries.release(connection, known.id, now=now)
