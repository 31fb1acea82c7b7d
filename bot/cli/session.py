"""Opens the app for one command."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.app import App, open_app
from bot.cli.logs import configure_logs
from bot.rendering.texts import load_texts
from bot.settings import Settings, load_settings

Result = TypeVar("Result")


def settings(*, whole: bool = True) -> Settings:
    """Return the checked settings, and log as they say.

    Where they are not wanted ``whole``, feeds, names, topics and texts are read when they
    are needed.
    """
    loaded = load_settings(read_locales=load_texts) if whole else load_settings(whole=False)
    configure_logs(loaded.log_level)
    return loaded


def with_app(use: Callable[[App], Awaitable[Result]]) -> Result:
    """Run a coroutine function over the open app."""
    loaded = settings()

    async def session() -> Result:
        async with open_app(loaded) as app:
            return await use(app)

    return asyncio.run(session())
