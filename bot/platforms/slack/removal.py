"""Workspaces that uninstall the app, or take its token back."""

from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp

from bot.commands.desk import Desk
from bot.domain.errors import StorageError
from bot.platforms.slack.config import PLATFORM

log = structlog.get_logger()


def hear_removals(bolt: AsyncApp, desk: Desk) -> None:
    """Stop all that a workspace gets when Slack says that it has removed the app.

    The team's id comes from the envelope, which Slack signs; what is inside it counts only
    for what was revoked. https://docs.slack.dev/reference/events/tokens_revoked
    """

    async def uninstalled(body: dict[str, Any]) -> None:
        await _left(desk, body)

    async def revoked(body: dict[str, Any], event: dict[str, Any]) -> None:
        # People's own tokens, which Strait never asks for, come here too.
        if (event.get("tokens") or {}).get("bot"):
            await _left(desk, body)

    bolt.event("app_uninstalled")(uninstalled)
    bolt.event("tokens_revoked")(revoked)


async def _left(desk: Desk, body: dict[str, Any]) -> None:
    team = str(body.get("team_id") or "")
    if not team:
        return
    try:
        await desk.workspace_left(team, platform=PLATFORM)
    except StorageError as error:
        # Its posts are refused from now on, and the outbox tells so.
        log.warning("slack removal not noted", team=team, problem=str(error))
        return
    log.info("slack workspace left", team=team)
