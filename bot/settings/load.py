"""From the environment and config/ to frozen Settings. All mistakes are reported at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.domain.backups import BackupPlan
from bot.domain.contested import HouseStyle
from bot.domain.errors import InputError
from bot.domain.model import Language, Schedule
from bot.domain.outlets import Outlets
from bot.domain.retention import Retention
from bot.domain.schedule import check_zone, parse_schedule
from bot.settings.checks import (
    check_console_topics,
    check_llm,
    check_metrics_token,
    check_secret_key,
    check_tokens,
)
from bot.settings.database import database_url
from bot.settings.files import (
    Budgets,
    Console,
    DigestTaste,
    Environment,
    HouseStyleFile,
    Llm,
    Polling,
    SettingsFile,
    Understanding,
)
from bot.settings.folders import bundled_config, find, topic_paths
from bot.settings.mistakes import Mistakes
from bot.settings.outputs import OutputTarget, check_outputs

if TYPE_CHECKING:
    from bot.domain.calendar import Occasion
    from bot.domain.model import FeedSpec, Outlet
    from bot.domain.topic import Name, Topic
    from bot.settings.content import Content

# Each environment variable that is read, and what it says.
ENVIRONMENT = {
    "DATABASE_URL": "the database; by default a SQLite file in the user's data folder",
    "STRAIT_CONFIG_DIR": "a folder whose files stand before the configuration that comes along",
    "STRAIT_ALLOW_NETWORKS": "private networks (CIDR, CIDR …) that feeds may be polled from",
    "STRAIT_ADMINS": "who may change feeds and topics from chat: platform:user, platform:user …",
    "STRAIT_SECRET_KEY": "encrypts what is secret in the database; a former key may follow a comma",
    "STRAIT_METRICS_TOKEN": "serves /metrics at PORT to whoever sends this as a bearer token",
    "STRAIT_DATABASE_CONNECTIONS": "how many connections a process keeps to Postgres (5)",
    "LOG_LEVEL": "DEBUG, INFO (default), WARNING or ERROR",
    "PORT": "serves /healthz and /readyz, and Slack over HTTP, at this port",
    "DISCORD_TOKEN": "the bot's token: Developer Portal, your application, Bot, Reset Token",
    "SLACK_BOT_TOKEN": "xoxb-…: api.slack.com/apps, your app, OAuth & Permissions",
    "SLACK_APP_TOKEN": "xapp-… for Socket Mode: your app, Basic Information, App-Level Tokens",
    "SLACK_SIGNING_SECRET": "for HTTP instead: your app, Basic Information, Signing Secret",
    "LLM_MODEL": "a model that writes the summaries, each sentence checked: its name there",
    "LLM_BASE_URL": "its OpenAI-compatible endpoint, such as http://localhost:8080/v1",
    "LLM_API_KEY": "the endpoint's key, where it wants one",
}

# Every variable of ours begins so; another one is a mistyped name.
OURS = "STRAIT_"

# Names that Strait keeps for itself: the tests' data and model.
TOLERATED = frozenset({"STRAIT_EVAL_DATA", "STRAIT_TEST_MODEL"})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that is configured, checked.

    ``given_content`` is what was read with the rest; where it is None the content is read,
    and its mistakes are raised, when it is first asked for.
    """

    database_url: str
    allow_networks: tuple[IPv4Network | IPv6Network, ...]
    log_level: str
    environment: Environment
    config_folders: tuple[Path, ...]
    polling: Polling
    understanding: Understanding
    digest: DigestTaste
    llm: Llm
    console: Console
    console_schedule: Schedule
    outputs: tuple[OutputTarget, ...]
    budgets: Budgets
    retention: Retention
    backup: BackupPlan
    locales: tuple[Path, ...]
    house_style: HouseStyle = field(default_factory=HouseStyle)
    given_content: Content | None = None

    @cached_property
    def content(self) -> Content:
        """Feeds, outlets, names, signs, topics and days. Raises ConfigError."""
        return self.given_content or load_content(self.config_folders)

    def with_content(self, **changes: Any) -> Settings:
        """Return the settings with other feeds, outlets, names, signals, topics or days."""
        return replace(self, given_content=replace(self.content, **changes))

    @property
    def feeds(self) -> tuple[FeedSpec, ...]:
        """The feeds that are polled from the start."""
        return self.content.feeds

    @property
    def outlets(self) -> tuple[Outlet, ...]:
        """Who publishes."""
        return self.content.outlets

    @property
    def names(self) -> tuple[Name, ...]:
        """The table of names."""
        return self.content.names

    @property
    def signals(self) -> Mapping[str, tuple[str, ...]]:
        """The words of cooperation and of friction."""
        return self.content.signals

    @property
    def topics(self) -> Mapping[str, Topic]:
        """Topic id → topic."""
        return self.content.topics

    @property
    def calendar(self) -> tuple[Occasion, ...]:
        """The days that digests tell of beforehand."""
        return self.content.calendar

    @property
    def outlet_cards(self) -> Outlets:
        """The outlet cards, ready to be looked up."""
        return Outlets(self.outlets)

    @property
    def countries(self) -> dict[str, str]:
        """Outlet id → country."""
        return {outlet.id: outlet.country for outlet in self.outlets}


def load_settings(
    environ: Mapping[str, str] | None = None,
    *,
    read_locales: Callable[[Sequence[Path]], object] = lambda paths: None,
    whole: bool = True,
) -> Settings:
    """Read the environment and the configuration.

    A file that STRAIT_CONFIG_DIR lacks is taken from the configuration that comes with
    Strait. Raises ConfigError with every mistake, each with file, key, what was found
    and what is allowed; those that ``read_locales`` raises are told with them. Where it is
    not the ``whole``, the content is left to be read when it is first asked for.
    """
    environ = os.environ if environ is None else environ
    mistakes = Mistakes()
    environment = mistakes.environment(environ)
    _check_variables(environ, mistakes)
    folders = _folders(environment, mistakes)
    path = find(folders, "settings.toml")
    main = mistakes.file(path, SettingsFile)
    house_style = mistakes.file(find(folders, "house-style.toml"), HouseStyleFile)
    content = _content(folders, mistakes) if whole else None
    locales = tuple(find(folders, f"locales/{language.value}.toml") for language in Language)
    mistakes.collect(lambda: read_locales(locales))
    topics = tuple(topic_paths(folders))
    schedule = _check_main(main, topics, mistakes, path)
    outputs = check_outputs(
        main.output,
        digest=main.digest,
        topics=topics,
        environ=environ,
        mistakes=mistakes,
        path=path,
    )
    url = database_url(environment.database_url, mistakes)
    check_tokens(environment, mistakes)
    check_llm(environment, main.llm, mistakes, path)
    check_secret_key(environment, mistakes)
    check_metrics_token(environment, mistakes)
    mistakes.raise_if_any()
    return Settings(
        database_url=url,
        allow_networks=environment.strait_allow_networks,
        log_level=environment.log_level,
        environment=environment,
        config_folders=folders,
        polling=main.polling,
        understanding=main.understanding,
        digest=main.digest,
        llm=main.llm,
        console=main.console,
        console_schedule=schedule,
        outputs=outputs,
        budgets=main.budgets,
        retention=main.retention,
        backup=main.backup,
        locales=locales,
        house_style=HouseStyle(term=house_style.term, issues=house_style.issues),
        given_content=content,
    )


def load_content(folders: tuple[Path, ...]) -> Content:
    """Read feeds, outlets, names, signs, topics and days. Raises ConfigError with every mistake."""
    mistakes = Mistakes()
    content = _content(folders, mistakes)
    mistakes.raise_if_any()
    return content


def load_names(folder: Path) -> tuple[Name, ...]:
    """Read the table of names of a config folder. Raises ConfigError."""
    from bot.settings.content import read_names

    mistakes = Mistakes()
    names = read_names(folder, mistakes)
    mistakes.raise_if_any()
    return names


def load_topics(folder: Path) -> dict[str, Topic]:
    """Read the topic files of a config folder. Raises ConfigError."""
    from bot.settings.content import read_topics

    mistakes = Mistakes()
    topics = read_topics((folder,), mistakes)
    mistakes.raise_if_any()
    return topics


def _content(folders: tuple[Path, ...], mistakes: Mistakes) -> Content:
    from bot.settings.content import read_content

    return read_content(folders, mistakes)


def _folders(environment: Environment, mistakes: Mistakes) -> tuple[Path, ...]:
    own = environment.strait_config_dir
    if own is not None and not own.is_dir():
        mistakes.add("environment", "STRAIT_CONFIG_DIR", own, "the path of an existing folder")
    return (own, bundled_config()) if own is not None else (bundled_config(),)


def _check_variables(environ: Mapping[str, str], mistakes: Mistakes) -> None:
    known = [name for name in ENVIRONMENT if name.startswith(OURS)]
    for name in sorted(environ):
        if name.startswith(OURS) and name not in {*known, *TOLERATED}:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there is {', '.join(known)}."
            mistakes.say("environment", name, f"is no variable of Strait; {hint}")


def _check_main(
    main: SettingsFile, topics: Collection[str], mistakes: Mistakes, path: Path
) -> Schedule:
    check_console_topics(main.console.topics, topics, mistakes, path)
    try:
        return parse_schedule(main.console.schedule, check_zone(main.digest.zone))
    except InputError as error:
        mistakes.say(path, "console.schedule, digest.zone", str(error))
        return parse_schedule("daily 08:00", "UTC")
