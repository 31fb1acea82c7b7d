"""What Strait needs to be a Slack app in one workspace."""

from dataclasses import dataclass, field

PLATFORM = "slack"
API_BASE = "https://slack.com/api/"

# What the bot may do, as `manifest.json` asks for it: answer the slash command, post, see
# whether it is in a channel, find its own earlier posts, and know a reader's language.
SCOPES = (
    "commands",
    "chat:write",
    "channels:read",
    "groups:read",
    "channels:history",
    "groups:history",
    "users:read",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SlackConfig:
    """The app's credentials, which no ``repr`` shows.

    ``bot_token`` (``xoxb-``) speaks; commands come over Socket Mode with ``app_token``
    (``xapp-``), else over HTTP, whose requests ``signing_secret`` proves to be Slack's.
    ``api_base`` aims at a double.
    """

    bot_token: str = field(repr=False)
    app_token: str | None = field(default=None, repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    api_base: str = API_BASE
