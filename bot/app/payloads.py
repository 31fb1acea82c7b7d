"""A digest as the chat platforms are sent it, without being sent."""

from bot.domain.model import Digest
from bot.rendering.texts import Texts


def render_discord(digest: Digest, texts: Texts) -> str:
    """Return Discord's messages, a line of JSON each: the layout and its plain fallback."""
    from bot.platforms.discord.payload import freeze
    from bot.platforms.discord.render import digest_pages

    return "\n".join(map(freeze, digest_pages(digest, texts)))


def render_slack(digest: Digest, texts: Texts) -> str:
    """Return Slack's messages, a line of JSON each: the blocks and their plain fallback."""
    from bot.platforms.slack.render import render_digest

    return "\n".join(message.payload for message in render_digest(digest, texts))
