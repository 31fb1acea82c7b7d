"""What Discord's API says of people, servers, channels and messages."""

from typing import Any

Json = dict[str, Any]

BOT_ID = 1000

# https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags
VIEW_CHANNEL, SEND_MESSAGES, READ_MESSAGE_HISTORY = 1 << 10, 1 << 11, 1 << 16
TEXT_CHANNEL, PUBLIC_THREAD = 0, 11


def person(number: int, name: str) -> Json:
    """Return a user as Discord describes one."""
    return {"id": str(number), "username": name, "discriminator": "0", "avatar": None}


def application() -> Json:
    """Return the bot's application."""
    return {
        "id": str(BOT_ID),
        "name": "Strait",
        "description": "",
        "icon": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "",
        "flags": 0,
        "owner": person(1, "owner"),
        "rpc_origins": [],
        "summary": "",
    }


def message(number: int, channel: str, author: int, body: Json) -> Json:
    """Return a message as it stands in a channel."""
    return {
        "id": str(number),
        "channel_id": channel,
        "author": person(author, "someone"),
        "content": body.get("content", ""),
        "components": body.get("components", []),
        "flags": body.get("flags", 0),
        "nonce": body.get("nonce"),
        "timestamp": "2026-11-20T00:00:00+00:00",
        "edited_timestamp": None,
        "type": 0,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
    }


def guild(number: str) -> Json:
    """Return a server whose every member may do everything that the bot needs."""
    needed = VIEW_CHANNEL | SEND_MESSAGES | READ_MESSAGE_HISTORY
    everyone = {
        "id": number,
        "name": "@everyone",
        "permissions": str(needed),
        "position": 0,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
    return {"id": number, "name": "server", "owner_id": "1", "roles": [everyone], "emojis": []}


def member() -> Json:
    """Return the bot as a member of a server."""
    return {
        "user": person(BOT_ID, "strait"),
        "roles": [],
        "joined_at": "2026-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
        "flags": 0,
    }


def channel(number: str, *, guild: str, hides_history: bool, thread_of: str | None = None) -> Json:
    """Return a text channel, or a thread of one, which hides its history from all or not."""
    denied = READ_MESSAGE_HISTORY if hides_history else 0
    overwrite = {"id": guild, "type": 0, "allow": "0", "deny": str(denied)}
    shared = {"id": number, "guild_id": guild, "name": "news", "position": 0}
    if thread_of is None:
        return shared | {"type": TEXT_CHANNEL, "permission_overwrites": [overwrite]}
    data = {
        "archived": False,
        "auto_archive_duration": 60,
        "archive_timestamp": "2026-01-01T00:00:00+00:00",
        "locked": False,
    }
    more = {"parent_id": thread_of, "owner_id": "1", "message_count": 0, "member_count": 0}
    return shared | more | {"type": PUBLIC_THREAD, "thread_metadata": data}
