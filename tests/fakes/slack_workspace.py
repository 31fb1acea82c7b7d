"""A Slack workspace in memory: what each Web API method does to it, and answers."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.slack_blocks import problem_with

BOT_TOKEN, APP_TOKEN = "xoxb-bot", "xapp-app"
SECRET = "a signing secret"  # noqa: S105 - of a double
TEAM, BOT_USER, BOT_ID = "T0STRAIT", "U0STRAIT", "B0STRAIT"
SCOPES = "commands,chat:write,channels:read,groups:read,channels:history,groups:history,users:read"
TEXT_LIMIT = 40_000
EPOCH = 1_795_000_000

Json = dict[str, Any]


@dataclass(kw_only=True)
class Channel:
    """A channel, and the messages in it, oldest first."""

    id: str
    is_member: bool = True
    is_archived: bool = False
    is_private: bool = False
    messages: list[Json] = field(default_factory=list)


class Workspace:
    """Channels, people and what the app may do.

    ``page_size`` bounds a page of history; ``now`` (Unix time) names the messages, or ``clock``
    does. Where it is not ``readable`` the app was never granted the history.
    """

    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.locales: dict[str, str] = {}
        self.scopes = SCOPES
        self.tells_scopes = True
        self.page_size = 200
        self.now: float = EPOCH
        self.clock: Callable[[], float] | None = None
        self.readable = True
        self.tickets: set[str] = set()
        self._count = itertools.count(1)

    def add_channel(self, channel_id: str, **changes: Any) -> Channel:
        """Open a channel that the bot is in, unless ``changes`` say otherwise."""
        self.channels[channel_id] = Channel(id=channel_id, **changes)
        return self.channels[channel_id]

    def put(self, channel: Channel, message: Json, **changes: Any) -> str:
        """Put a message into a channel, as the bot unless ``changes`` say otherwise."""
        number = next(self._count)
        # No two messages have the same name, however close they come.
        ts = f"{self.now + number if self.clock is None else self.clock() + number / 1e6:.6f}"
        channel.messages.append(
            {"type": "message", "bot_id": BOT_ID, **message, "ts": ts} | changes
        )
        return ts

    def carry_out(self, method: str, arguments: Json, token: str) -> Json:
        """Do what a method does; returns its answer."""
        if token != (APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN):
            return _error("invalid_auth")
        handlers = {
            "auth.test": self._auth_test,
            "apps.connections.open": self._open,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.info": self._info,
            "conversations.history": self._history,
            "users.info": self._user,
        }
        needed = {"conversations.history": "channels:history", "chat.postMessage": "chat:write"}
        needed["chat.update"] = "chat:write"
        if method in needed and needed[method] not in self.scopes.split(","):
            return _error("missing_scope")
        return handlers[method](arguments)

    def _auth_test(self, _: Json) -> Json:
        return {
            "ok": True,
            "team_id": TEAM,
            "user": "strait",
            "user_id": BOT_USER,
            "bot_id": BOT_ID,
        }

    def _open(self, _: Json) -> Json:
        ticket = f"ticket-{next(self._count)}"
        self.tickets.add(ticket)
        return {"ok": True, "url": f"/socket/{ticket}"}

    def _post(self, arguments: Json) -> Json:
        if str(arguments.get("channel", "")).startswith("U"):
            # A person's id stands for the direct conversation with the bot.
            self.channels.setdefault(arguments["channel"], Channel(id=arguments["channel"]))
        channel = self._visible(arguments)
        if channel is None:
            return _error("channel_not_found")
        if channel.is_archived:
            return _error("is_archived")
        if not channel.is_member:
            return _error("not_in_channel")
        if len(arguments.get("text", "")) > TEXT_LIMIT:
            return _error("msg_too_long")
        if "blocks" in arguments and (problem := problem_with(arguments["blocks"])):
            return _error(problem)
        return {"ok": True, "channel": channel.id, "ts": self.put(channel, arguments)}

    def _update(self, arguments: Json) -> Json:
        channel = self._visible(arguments)
        if channel is None:
            return _error("channel_not_found")
        found = [message for message in channel.messages if message["ts"] == arguments["ts"]]
        if not found:
            return _error("message_not_found")
        if found[0].get("bot_id") != BOT_ID:
            return _error("cant_update_message")
        if arguments.get("blocks") and (problem := problem_with(arguments["blocks"])):
            return _error(problem)
        found[0].update({k: v for k, v in arguments.items() if k not in {"channel", "ts"}})
        return {"ok": True, "channel": channel.id, "ts": arguments["ts"]}

    def _visible(self, arguments: Json) -> Channel | None:
        channel = self.channels.get(arguments.get("channel", ""))
        hidden = channel is not None and channel.is_private and not channel.is_member
        return None if hidden else channel

    def _info(self, arguments: Json) -> Json:
        channel = self._visible(arguments)
        if channel is None:
            return _error("channel_not_found")
        shown = {
            "id": channel.id,
            "is_member": channel.is_member,
            "is_archived": channel.is_archived,
        }
        return {"ok": True, "channel": shown}

    def _history(self, arguments: Json) -> Json:
        channel = self._visible(arguments)
        if not self.readable:
            return _error("missing_scope")
        if channel is None or not channel.is_member:
            return _error("not_in_channel" if channel else "channel_not_found")
        oldest = float(arguments.get("oldest") or 0)
        found = [m for m in reversed(channel.messages) if float(m["ts"]) >= oldest]
        if not _is_true(arguments.get("include_all_metadata")):
            found = [{k: v for k, v in m.items() if k != "metadata"} for m in found]
        start = int(arguments.get("cursor") or 0)
        end = start + min(int(arguments.get("limit") or 100), self.page_size)
        cursor = str(end) if end < len(found) else ""
        return {
            "ok": True,
            "messages": found[start:end],
            "has_more": bool(cursor),
            "response_metadata": {"next_cursor": cursor},
        }

    def _user(self, arguments: Json) -> Json:
        user: Json = {"id": arguments["user"]}
        if _is_true(arguments.get("include_locale")):
            user["locale"] = self.locales.get(arguments["user"], "en-US")
        return {"ok": True, "user": user}


def _is_true(value: object) -> bool:
    return str(value).casefold() in {"1", "true"}


def _error(code: str) -> Json:
    return {"ok": False, "error": code}
