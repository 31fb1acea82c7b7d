"""The connection to Discord: logs in, syncs the commands, serves until told to stop."""

from collections.abc import Mapping
from functools import partial

import discord
import structlog

from bot.commands.desk import Desk
from bot.platforms.discord.attempt import single_attempts
from bot.platforms.discord.commands import add_commands
from bot.platforms.discord.config import PLATFORM, DiscordConfig, aim
from bot.platforms.discord.connection import check_token, close, connect, log_in
from bot.platforms.discord.correcting import Correcting
from bot.platforms.discord.feeds import Feeds
from bot.platforms.discord.lookups import Lookups
from bot.platforms.discord.membership import Membership
from bot.platforms.discord.messenger import DiscordMessenger
from bot.platforms.discord.payload import NO_MENTIONS
from bot.platforms.discord.permissions import invitation
from bot.platforms.discord.privacy import Privacy
from bot.platforms.discord.subscribing import Subscribing
from bot.platforms.discord.sync import SyncState, sync_commands
from bot.platforms.discord.tree import StraitTree
from bot.platforms.discord.words import Translator, Words
from bot.rendering.texts import Texts

log = structlog.get_logger()

# Strait does not speak: the libraries for voice are not missing.
discord.VoiceClient.warn_nacl = False
discord.VoiceClient.warn_dave = False


class StraitClient(discord.AutoShardedClient):
    """discord.py's client with Strait's commands."""

    def __init__(
        self,
        *,
        desk: Desk,
        texts: Mapping[str, Texts],
        sync_state: SyncState,
        shards: int | None = None,
    ) -> None:
        # Guilds give channels and our permissions in them; nothing else is needed, and nothing
        # of it is privileged.
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=NO_MENTIONS,
            http_trace=single_attempts(),
            shard_count=shards,
            max_messages=None,
        )
        words = Words(texts, desk.defaults.language)
        self.tree = StraitTree(self, words)
        self._translator = Translator(texts)
        self._sync_state = sync_state
        self._membership = Membership(desk)
        subscribing, privacy = Subscribing(desk, words), Privacy(desk, words)
        lookups, feeds = Lookups(desk, words), Feeds(desk, words)
        correcting = Correcting(desk, words)
        add_commands(self.tree, lookups, subscribing, privacy, correcting, words, feeds=feeds)

    async def setup_hook(self) -> None:
        """Sync the commands: once for each login, never on (re)connecting."""
        changed = await sync_commands(self.tree, self._translator, self._sync_state)
        log.info("discord logged in", user=str(self.user), commands_updated=changed)
        log.info("discord invitation", url=invitation(self.application_id or 0))

    async def on_ready(self) -> None:
        """Make up for servers that came or went while nobody listened."""
        await self._membership.are([guild.id for guild in self.guilds])

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Go on with what the server got before, if it is back in time."""
        await self._membership.joined(guild.id)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Stop all that the server gets; Discord's own outages do not come here."""
        await self._membership.left(guild.id)


class DiscordPlatform:
    """Discord as the app runs it: ``messenger`` for the outbox, ``run`` for all the rest."""

    def __init__(
        self,
        config: DiscordConfig,
        *,
        desk: Desk,
        texts: Mapping[str, Texts],
        sync_state: SyncState,
    ) -> None:
        self._config = config
        # Discord names its own gateway where it is asked for the number of shards.
        shards = config.shards or (1 if config.gateway_url else None)
        self._new_client = partial(
            StraitClient, desk=desk, texts=texts, sync_state=sync_state, shards=shards
        )
        self.client = self._new_client()
        self.messenger = DiscordMessenger(lambda: self.client, texts)

    @property
    def name(self) -> str:
        """The platform's name."""
        return PLATFORM

    async def run(self) -> None:
        """Serve until cancelled, then close; can run again, however it ended.

        Outages are ridden out. Raises StraitError where Discord refuses the bot for good.
        """
        aim(self._config)
        check_token(self._config.token)
        if self.client.is_closed():
            # discord.py's clients stay closed.
            self.client = self._new_client()
        try:
            await log_in(self.client, self._config.token)
            await connect(self.client)
        finally:
            await close(self.client)
