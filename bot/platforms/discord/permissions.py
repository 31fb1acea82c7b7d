"""What the bot may do in a channel, and what it lacks."""

import discord

from bot.rendering.texts import Texts

# To be there, to write, and to look whether an earlier attempt arrived.
NEEDED = ("view_channel", "send_messages", "read_message_history")
NEEDED_IN_THREADS = ("view_channel", "send_messages_in_threads", "read_message_history")

INVITED_WITH = discord.Permissions(**dict.fromkeys((*NEEDED, *NEEDED_IN_THREADS), True))

Channel = discord.TextChannel | discord.Thread


def invitation(application_id: int) -> str:
    """Return the address at which the bot is invited with what it needs and no more."""
    return discord.utils.oauth_url(
        application_id, permissions=INVITED_WITH, scopes=("bot", "applications.commands")
    )


def is_outside(interaction: discord.Interaction) -> bool:
    """Tell whether it comes from a server that has the commands but not the bot."""
    return (
        interaction.guild_id is not None
        and interaction.client.get_guild(interaction.guild_id) is None
    )


def ask_in(interaction: discord.Interaction, texts: Texts) -> str:
    """Return one sentence that says how to invite the bot to the interaction's server."""
    return texts.say("discord.invite", url=invitation(interaction.application_id))


def lacking(channel: Channel) -> list[str]:
    """Return the names of the permissions that the bot needs in a channel and lacks."""
    needed = NEEDED_IN_THREADS if isinstance(channel, discord.Thread) else NEEDED
    has = channel.permissions_for(channel.guild.me)
    return [name for name in needed if not getattr(has, name)]


def explain(channel: Channel, missing: list[str], texts: Texts) -> str:
    """Return one sentence that says what is missing where, and how to give it."""
    names = ", ".join(f"**{texts.say(f'discord.permissions.{name}')}**" for name in missing)
    return texts.say("discord.lacking", channel=channel.mention, permissions=names)
