"""What the files of config/ and the environment may hold."""

from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from bot.domain.backups import BackupPlan
from bot.domain.contested import Term
from bot.domain.model import Issue, Language
from bot.domain.people import Admin, parse_admin
from bot.domain.retention import Retention

STRICT = ConfigDict(extra="forbid", frozen=True)


class Polling(BaseModel):
    """How feeds are polled. Times in seconds, sizes in megabytes of 10^6 bytes."""

    model_config = STRICT

    interval_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 15
    concurrency: Annotated[int, Field(ge=1, le=100)] = 8
    per_host: Annotated[int, Field(ge=1, le=20)] = 2
    timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 20
    max_megabytes: Annotated[float, Field(gt=0, le=100)] = 10


class Understanding(BaseModel):
    """Which sentence vectors serve: ``auto`` takes the best that is installed."""

    model_config = STRICT

    encoder: Literal["auto", "e5", "use"] = "auto"


class DigestTaste(BaseModel):
    """How much a digest tells, where a subscription does not say."""

    model_config = STRICT

    max_stories: Annotated[int, Field(ge=1, le=50)] = 10
    max_words: Annotated[int, Field(ge=20, le=200)] = 60
    max_per_issue: Annotated[int, Field(ge=1, le=50)] = 3
    max_per_outlet: Annotated[int, Field(ge=1, le=50)] = 3
    zone: str = "Asia/Seoul"
    language: Language = Language.EN


class Llm(BaseModel):
    """How much a model may be asked, where the environment names one; prices per 10^6 tokens."""

    model_config = STRICT

    daily_tokens: Annotated[int, Field(ge=0)] | None = 300_000
    daily_cost: Annotated[Decimal, Field(ge=0)] | None = None
    input_price: Annotated[Decimal, Field(ge=0)] = Decimal()
    output_price: Annotated[Decimal, Field(ge=0)] = Decimal()
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30
    concurrency: Annotated[int, Field(ge=1, le=20)] = 2


class Console(BaseModel):
    """The digest that is printed where the bot runs without a chat platform."""

    model_config = STRICT

    topics: tuple[str, ...] = ("japan-korea",)
    schedule: str = "daily 08:00"


class Output(BaseModel):
    """A file, a webhook or a feed that gets digests; ``bot.settings.outputs`` checks it."""

    model_config = STRICT

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    kind: Literal["file", "webhook", "feed"]
    topics: tuple[str, ...] = ("japan-korea",)
    schedule: str = "daily 08:00"
    zone: str | None = None
    language: Language | None = None
    max_stories: Annotated[int, Field(ge=1, le=50)] | None = None
    path: Path | None = None
    url: str | None = None
    url_env: str | None = None
    secret_env: str | None = None
    honours_key: bool = False
    lookup_url: str | None = None
    keep: Annotated[int, Field(ge=1, le=200)] | None = None
    public: bool = False
    link: str | None = None


class Budgets(BaseModel):
    """What one workspace may ask for in an hour of what is expensive."""

    model_config = STRICT

    previews_per_hour: Annotated[int, Field(ge=1, le=10_000)] = 30
    feed_checks_per_hour: Annotated[int, Field(ge=1, le=10_000)] = 20


class SettingsFile(BaseModel):
    """``config/settings.toml``."""

    model_config = STRICT

    polling: Polling = Polling()
    understanding: Understanding = Understanding()
    digest: DigestTaste = DigestTaste()
    llm: Llm = Llm()
    console: Console = Console()
    output: tuple[Output, ...] = ()
    budgets: Budgets = Budgets()
    retention: Retention = Retention()
    backup: BackupPlan = BackupPlan()


class HouseStyleFile(BaseModel):
    """``config/house-style.toml``."""

    model_config = STRICT
    term: tuple[Term, ...] = ()
    issues: dict[Issue, dict[str, str]] = {}


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if value else []


def _admins(value: Any) -> Any:
    return [parse_admin(part) for part in _split(value)]


class Environment(BaseModel):
    """What the environment says: addresses, places and, with the platforms, secrets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str = ""
    # Two, for a job must not wait for a look-up that waits for it.
    strait_database_connections: Annotated[int, Field(ge=2, le=100)] = 5
    strait_config_dir: Path | None = None
    strait_allow_networks: Annotated[
        tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_split)
    ] = ()
    strait_admins: Annotated[tuple[Admin, ...], BeforeValidator(_admins)] = ()
    strait_secret_key: SecretStr | None = None
    strait_metrics_token: SecretStr | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    discord_token: SecretStr | None = None
    discord_api_base: str | None = None
    discord_gateway_url: str | None = None
    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_base: str | None = None
    llm_base_url: str | None = None
    llm_api_key: SecretStr | None = None
    llm_model: str | None = None
