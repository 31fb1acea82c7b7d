"""The manifest asks for what the bot uses, and for nothing more."""

import json
from importlib.resources import files
from typing import Any

from bot.platforms.slack.config import SCOPES

# Which scope each Web API method in use needs, by the method's page on docs.slack.dev.
NEEDED = {
    "auth_test": set[str](),
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_history": {"channels:history", "groups:history"},
    "users_info": {"users:read"},
}
# Of an app-level token, which the manifest cannot ask for.
APP_LEVEL = {"apps_connections_open"}


def manifest() -> dict[str, Any]:
    text = files("bot.platforms.slack").joinpath("manifest.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def methods_used() -> set[str]:
    """Return the Web API methods that the package's modules call."""
    from slack_sdk.web.async_client import AsyncWebClient

    known = {name for name in dir(AsyncWebClient) if "_" in name.strip("_")}
    modules = [path for path in files("bot.platforms.slack").iterdir() if path.name.endswith(".py")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in modules)
    return {name for name in known if f".{name}(" in source and not name.startswith("_")}


def test_the_scopes_are_those_of_the_methods_used() -> None:
    """A method that is added must bring its scope, and a scope must have its method."""
    assert methods_used() - APP_LEVEL == NEEDED.keys()
    wanted = {"commands"}.union(*NEEDED.values())
    asked = manifest()["oauth_config"]["scopes"]
    assert set(asked["bot"]) == set(SCOPES) == wanted
    assert asked.keys() == {"bot"}


def test_the_command_is_declared() -> None:
    """Its words arrive as they were written, for the bot to escape."""
    [command] = manifest()["features"]["slash_commands"]
    assert command["command"] == "/news"
    assert command["should_escape"] is False


def test_only_its_own_removal_is_heard() -> None:
    """The bot reads no one's messages as they are written."""
    settings = manifest()["settings"]
    assert settings["event_subscriptions"] == {"bot_events": ["app_uninstalled", "tokens_revoked"]}
    assert settings["socket_mode_enabled"] is True
