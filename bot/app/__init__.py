"""The composition root: the only part that knows every other. Builds, runs, shuts down.

Its names are looked up where they live when they are first used: a process that only sends
must not wait for what reads (see docs/decisions/0010-roles-and-lazy-imports.md).
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.app.care import prune_now
    from bot.app.core import App, open_app
    from bot.app.database import open_database
    from bot.app.demo import open_demo, told_before
    from bot.app.files import replay, summarize, write_page
    from bot.app.payloads import render_discord, render_slack
    from bot.app.service import serve
    from bot.app.transfer import export_to, restore_from
    from bot.jobs.check_feed import FeedCheck
    from bot.jobs.read_entries import ReadTotals
    from bot.jobs.refresh_feeds import FeedResult

HOMES = {
    "App": "bot.app.core",
    "FeedCheck": "bot.jobs.check_feed",
    "FeedResult": "bot.jobs.refresh_feeds",
    "ReadTotals": "bot.jobs.read_entries",
    "export_to": "bot.app.transfer",
    "open_app": "bot.app.core",
    "open_database": "bot.app.database",
    "open_demo": "bot.app.demo",
    "prune_now": "bot.app.care",
    "render_discord": "bot.app.payloads",
    "render_slack": "bot.app.payloads",
    "replay": "bot.app.files",
    "restore_from": "bot.app.transfer",
    "serve": "bot.app.service",
    "summarize": "bot.app.files",
    "told_before": "bot.app.demo",
    "write_page": "bot.app.files",
}

__all__ = [
    "App",
    "FeedCheck",
    "FeedResult",
    "ReadTotals",
    "export_to",
    "open_app",
    "open_database",
    "open_demo",
    "prune_now",
    "render_discord",
    "render_slack",
    "replay",
    "restore_from",
    "serve",
    "summarize",
    "told_before",
    "write_page",
]


def __getattr__(name: str) -> object:
    """Import a name of the table above from its home."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(HOMES[name]), name)
