"""How the bot answers: at once, to the one who asked, calling nobody, without previews."""

from collections.abc import Sequence

import discord

from bot.platforms.discord.markup import chunks, units
from bot.platforms.discord.payload import NO_MENTIONS
from bot.platforms.discord.render import CONTENT_LIMIT, Page, to_view

BAD_REQUEST = 400


async def think(interaction: discord.Interaction) -> None:
    """Acknowledge: Discord waits for 3 seconds only. What follows is seen by the user alone."""
    await interaction.response.defer(ephemeral=True, thinking=True)


async def say(interaction: discord.Interaction, *lines: str) -> None:
    """Answer in plain words (Markdown): at once, or in place of "thinking…"."""
    first, *others = chunks([_fitting(line) for line in lines], CONTENT_LIMIT)
    if interaction.response.is_done():
        await interaction.edit_original_response(content=first, allowed_mentions=NO_MENTIONS)
    else:
        await interaction.response.send_message(
            first, ephemeral=True, allowed_mentions=NO_MENTIONS, suppress_embeds=True
        )
    await add(interaction, *others)


async def add(interaction: discord.Interaction, *lines: str) -> None:
    """Say more in plain words (Markdown) after an answer; nothing where there are no lines."""
    for text in chunks([_fitting(line) for line in lines], CONTENT_LIMIT) if lines else ():
        await interaction.followup.send(
            text, ephemeral=True, allowed_mentions=NO_MENTIONS, suppress_embeds=True
        )


async def show(interaction: discord.Interaction, pages: Sequence[Page]) -> None:
    """Show pages in place of "thinking…", as plain text where Discord refuses the layout."""
    first, *others = pages
    try:
        await interaction.edit_original_response(view=to_view(first), allowed_mentions=NO_MENTIONS)
    except discord.HTTPException as error:
        _raise_unless_refused(error)
        await say(interaction, first.plain)
    for page in others:
        await _add(interaction, page)


async def _add(interaction: discord.Interaction, page: Page) -> None:
    """Send a further page: a message of its own, since a layout takes no plain text later."""
    try:
        await interaction.followup.send(
            view=to_view(page), ephemeral=True, allowed_mentions=NO_MENTIONS
        )
    except discord.HTTPException as error:
        _raise_unless_refused(error)
        await interaction.followup.send(
            page.plain, ephemeral=True, allowed_mentions=NO_MENTIONS, suppress_embeds=True
        )


def _raise_unless_refused(error: discord.HTTPException) -> None:
    if error.status != BAD_REQUEST:
        raise error


def _fitting(line: str) -> str:
    return line if units(line) <= CONTENT_LIMIT else f"{line[: CONTENT_LIMIT // 2]}…"
