"""A digest as the chat platforms are sent it, without being sent."""

from bot.domain.model import Digest
from bot.rendering.texts import Texts


def render_discord(digest: Digest, texts: Texts) -> str:
    """Return Discord's messages, a line of JSON each: the layout and its plain fallback."""
    from bot.platforms.discord.payload import freeze  # noqa: PLC0415 - 40 MB of library
    from bot.platforms.discord.render import digest_pages  # noqa: PLC0415

    return "\n".join(map(freeze, digest_pages(digest, texts)))


def render_slack(digest: Digest, texts: Texts) -> str:
    """Return Slack's messages, a line of JSON each: the blocks and their plain fallback."""
    from bot.platforms.slack.render import render_digest  # noqa: PLC0415 - 20 MB of library

    return "\n".join(message.payload for message in render_digest(digest, texts))
