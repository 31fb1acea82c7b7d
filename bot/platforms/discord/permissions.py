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


async def may_read_history(client: discord.Client, channel: int, *, guild: int) -> bool:
    """Ask Discord whether the bot may read a channel's history, where no gateway has told.

    Discord works the permission out of the server's roles and the channel's overwrites, as
    https://docs.discord.com/developers/topics/permissions says, and answers with no verdict
    of its own. Raises DiscordException where the server or the channel cannot be seen.
    """
    if client.user is None:
        return False
    home = await client.fetch_guild(guild, with_counts=False)
    me = await home.fetch_member(client.user.id)
    found = await home.fetch_channel(channel)
    if isinstance(found, discord.Thread):
        # A thread has the permissions of the channel that it began in.
        found = await home.fetch_channel(found.parent_id)
    return not isinstance(found, discord.Thread) and (
        found.permissions_for(me).read_message_history
    )
