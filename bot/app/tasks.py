"""Tasks that end before their work does."""

import asyncio
from collections.abc import Iterable


async def cancel(tasks: Iterable[asyncio.Future[None]]) -> None:
    """Cancel tasks and wait until they have ended; how they end is nobody's concern."""
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
