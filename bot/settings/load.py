"""From the environment and config/ to frozen Settings. All mistakes are reported at once."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from bot.domain.backups import BackupPlan
from bot.domain.calendar import Occasion
from bot.domain.errors import InputError
from bot.domain.model import FeedSpec, Language, Outlet, Schedule
from bot.domain.outlets import Outlets
from bot.domain.retention import Retention
from bot.domain.schedule import check_zone, parse_schedule
from bot.domain.topic import Name, Topic
from bot.settings.calendar import check_calendar
from bot.settings.checks import (
    check_console_topics,
    check_feeds,
    check_llm,
    check_names,
    check_outlets,
    check_secret_key,
    check_tokens,
    check_topic,
)
from bot.settings.database import database_url
from bot.settings.files import (
    Budgets,
    CalendarFile,
    Console,
    DigestTaste,
    Environment,
    FeedsFile,
    Llm,
    NamesFile,
    OutletsFile,
    Polling,
    SettingsFile,
    SignalsFile,
    Understanding,
)
from bot.settings.mistakes import Mistakes
from bot.settings.outputs import OutputTarget, check_outputs

CHECKOUT_CONFIG = Path(__file__).parents[2] / "config"
WHEEL_CONFIG = Path(__file__).parents[1] / "_config"

# Each environment variable that is read, and what it says.
ENVIRONMENT = {
    "DATABASE_URL": "the database; by default a SQLite file in the user's data folder",
    "STRAIT_CONFIG_DIR": "a folder whose files stand before the configuration that comes along",
    "STRAIT_ALLOW_NETWORKS": "private networks (CIDR, CIDR …) that feeds may be polled from",
    "STRAIT_ADMINS": "who may change feeds and topics from chat: platform:user, platform:user …",
    "STRAIT_SECRET_KEY": "encrypts what is secret in the database; a former key may follow a comma",
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything that is configured, checked."""

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
    feeds: tuple[FeedSpec, ...]
    outlets: tuple[Outlet, ...]
    names: tuple[Name, ...]
    signals: Mapping[str, tuple[str, ...]]
    topics: Mapping[str, Topic]
    calendar: tuple[Occasion, ...]
    locales: tuple[Path, ...]

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
) -> Settings:
    """Read the environment and the configuration.

    A file that STRAIT_CONFIG_DIR lacks is taken from the configuration that comes with
    Strait. Raises ConfigError with every mistake, each with file, key, what was found
    and what is allowed; those that ``read_locales`` raises are told with them.
    """
    environ = os.environ if environ is None else environ
    mistakes = Mistakes()
    environment = mistakes.environment(environ)
    _check_variables(environ, mistakes)
    folders = _folders(environment, mistakes)
    main = mistakes.file(_find(folders, "settings.toml"), SettingsFile)
    feeds = mistakes.file(_find(folders, "feeds.toml"), FeedsFile).feed
    outlets = mistakes.file(_find(folders, "outlets.toml"), OutletsFile).outlet
    names = mistakes.file(_find(folders, "names.toml"), NamesFile).name
    signals = mistakes.file(_find(folders, "signals.toml"), SignalsFile)
    calendar = mistakes.file(_find(folders, "calendar.toml"), CalendarFile).occasion
    topics = _topics(folders, mistakes)
    check_calendar(calendar, topics, mistakes, _find(folders, "calendar.toml"))
    locales = tuple(_find(folders, f"locales/{language.value}.toml") for language in Language)
    mistakes.collect(lambda: read_locales(locales))
    schedule = _check_main(main, topics, mistakes, _find(folders, "settings.toml"))
    outputs = check_outputs(
        main.output,
        digest=main.digest,
        topics=topics,
        environ=environ,
        mistakes=mistakes,
        path=_find(folders, "settings.toml"),
    )
    check_feeds(feeds, outlets, mistakes, _find(folders, "feeds.toml"))
    check_outlets(outlets, mistakes, _find(folders, "outlets.toml"))
    check_names(names, mistakes, _find(folders, "names.toml"))
    url = database_url(environment.database_url, mistakes)
    check_tokens(environment, mistakes)
    check_llm(environment, main.llm, mistakes, _find(folders, "settings.toml"))
    check_secret_key(environment, mistakes)
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
        feeds=feeds,
        outlets=outlets,
        names=names,
        signals={
            "cooperation": signals.cooperation.words,
            "friction": signals.friction.words,
        },
        topics=topics,
        calendar=calendar,
        locales=locales,
    )


def bundled_config() -> Path:
    """Return the configuration that comes with Strait, in a checkout or an installed wheel."""
    return CHECKOUT_CONFIG if CHECKOUT_CONFIG.is_dir() else WHEEL_CONFIG


def load_names(folder: Path) -> tuple[Name, ...]:
    """Read the table of names of a config folder. Raises ConfigError."""
    mistakes = Mistakes()
    names = mistakes.file(folder / "names.toml", NamesFile).name
    mistakes.raise_if_any()
    return names


def load_topics(folder: Path) -> dict[str, Topic]:
    """Read the topic files of a config folder. Raises ConfigError."""
    mistakes = Mistakes()
    topics = _topics((folder,), mistakes)
    mistakes.raise_if_any()
    return topics


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


def _find(folders: tuple[Path, ...], name: str) -> Path:
    paths = [folder / name for folder in folders]
    return next((path for path in paths if path.exists()), paths[-1])


def _topics(folders: tuple[Path, ...], mistakes: Mistakes) -> dict[str, Topic]:
    # The first folder is the user's: its files stand before those of the same name.
    paths = {p.name: p for folder in reversed(folders) for p in folder.glob("topics/*.toml")}
    topics = {}
    for name, path in sorted(paths.items()):
        topic = mistakes.topic(path)
        if topic:
            check_topic(topic, mistakes, path)
            topics[name.removesuffix(".toml")] = topic
    if not paths:
        mistakes.add(folders[-1] / "topics", "", "no file", "at least one topic, NAME.toml")
    return topics


def _check_main(
    main: SettingsFile, topics: Mapping[str, Topic], mistakes: Mistakes, path: Path
) -> Schedule:
    check_console_topics(main.console.topics, topics, mistakes, path)
    try:
        return parse_schedule(main.console.schedule, check_zone(main.digest.zone))
    except InputError as error:
        mistakes.say(path, "console.schedule, digest.zone", str(error))
        return parse_schedule("daily 08:00", "UTC")
