"""The model that writes summaries, put together from the settings."""

from collections.abc import Sequence

from bot.domain.spending import Budget
from bot.domain.topic import Name
from bot.settings import Settings
from bot.summarize.endpoint import Endpoint, EndpointConfig
from bot.summarize.llm import Ledger, LlmSummarizer, NameTable
from bot.understanding.entities import Matcher

# The two sides that every report is about: a model may name them where a report does not.
SIDES = frozenset({"JP", "KR"})


def make_model(settings: Settings, ledger: Ledger) -> LlmSummarizer | None:
    """Return the model of the settings; None where they name none."""
    environment, limits = settings.environment, settings.llm
    if environment.llm_model is None:
        return None
    key = environment.llm_api_key
    endpoint = EndpointConfig(
        model=environment.llm_model,
        base_url=environment.llm_base_url,
        api_key=key.get_secret_value() if key else None,
        timeout=limits.timeout_seconds,
    )
    budget = Budget(
        daily_tokens=limits.daily_tokens,
        daily_cost=limits.daily_cost,
        input_price=limits.input_price,
        output_price=limits.output_price,
    )
    return LlmSummarizer(
        Endpoint(endpoint),
        names=name_table(settings.names),
        ledger=ledger,
        budget=budget,
        concurrency=limits.concurrency,
    )


def name_table(names: Sequence[Name]) -> NameTable:
    """Return what checking a model's sentences needs to know of the table of names."""
    matcher = Matcher(names, {})
    countries = [name for name in names if name.kind == "country"]
    return NameTable(
        names_in=lambda text, language: matcher.find(text, language).names,
        common=frozenset(name.id for name in countries),
        assumed=frozenset(n.id for n in countries if n.countries and n.countries <= SIDES),
    )
