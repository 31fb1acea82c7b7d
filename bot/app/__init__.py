"""The composition root: the only part that knows every other. Builds, runs, shuts down."""

from bot.app.care import prune_now
from bot.app.core import App, open_app, open_database
from bot.app.demo import open_demo
from bot.app.files import replay, summarize, write_page
from bot.app.payloads import render_discord, render_slack
from bot.app.service import serve
from bot.app.transfer import export_to, restore_from
from bot.jobs.check_feed import FeedCheck
from bot.jobs.read_entries import ReadTotals
from bot.jobs.refresh_feeds import FeedResult

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
    "write_page",
]
