"""What settings.toml and the environment must agree on with each other."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from bot.domain.addresses import shown_url
from bot.domain.secret_keys import HOW_TO_MAKE_ONE, SHORTEST_KEY, split_keys
from bot.settings.files import Environment, Llm
from bot.settings.mistakes import Mistakes

# RFC 6750, 2.1 (b64token); one of 16 random characters cannot be guessed over a network.
METRICS_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,}")


def check_console_topics(
    chosen: Sequence[str], topics: Collection[str], mistakes: Mistakes, path: Path
) -> None:
    """Check that the console's digest has topics, each known and each once."""
    if not chosen:
        mistakes.add(path, "console.topics", "[]", f"at least one of {', '.join(topics)}")
    for topic, times in Counter(chosen).items():
        if topic not in topics:
            mistakes.add(path, "console.topics", topic, f"one of {', '.join(topics)}")
        if times > 1:
            mistakes.add(path, "console.topics", topic, "each topic once")


def check_tokens(environment: Environment, mistakes: Mistakes) -> None:
    """Check that Slack's tokens are of their kinds, and that none is missing."""
    # The two are easily taken for each other; their prefixes tell them apart.
    for name, prefix in (("slack_bot_token", "xoxb-"), ("slack_app_token", "xapp-")):
        token = getattr(environment, name)
        if token is not None and not token.get_secret_value().startswith(prefix):
            mistakes.say(
                "environment", name.upper(), f"is another kind of token: this one begins {prefix}"
            )
    over_http = environment.slack_signing_secret
    if environment.slack_bot_token and not (environment.slack_app_token or over_http):
        mistakes.say(
            "environment",
            "SLACK_BOT_TOKEN",
            "needs SLACK_APP_TOKEN (Socket Mode), or SLACK_SIGNING_SECRET (HTTP, by the role web).",
        )
    if environment.slack_app_token and not environment.slack_bot_token:
        mistakes.say("environment", "SLACK_APP_TOKEN", "needs SLACK_BOT_TOKEN beside it.")


def check_llm(environment: Environment, llm: Llm, mistakes: Mistakes, path: Path) -> None:
    """Check that a model is named where its endpoint is, and that a cost can be reckoned."""
    base = environment.llm_base_url
    if (base or environment.llm_api_key) and not environment.llm_model:
        mistakes.say("environment", "LLM_MODEL", "is missing: name the model that is to write.")
    if environment.llm_model and not (base or environment.llm_api_key):
        mistakes.say(
            "environment", "LLM_MODEL", "needs LLM_BASE_URL (its endpoint), LLM_API_KEY, or both."
        )
    if base is not None and not base.startswith(("http://", "https://")):
        mistakes.add("environment", "LLM_BASE_URL", shown_url(base), "an http:// or https:// URL")
    if llm.daily_cost is not None and not (llm.input_price or llm.output_price):
        mistakes.say(
            path, "llm.daily_cost", "needs llm.input_price and llm.output_price to be reckoned by."
        )


def check_secret_key(environment: Environment, mistakes: Mistakes) -> None:
    """Check that every key that encrypts what is stored is too long to be guessed."""
    given = environment.strait_secret_key
    keys = split_keys(given.get_secret_value()) if given else []
    if any(len(key) < SHORTEST_KEY for key in keys):
        mistakes.say(
            "environment",
            "STRAIT_SECRET_KEY",
            f"has a key of fewer than {SHORTEST_KEY} characters: {HOW_TO_MAKE_ONE}.",
        )


def check_metrics_token(environment: Environment, mistakes: Mistakes) -> None:
    """Check that the token can be sent in a header, and not be guessed."""
    given = environment.strait_metrics_token
    if given is not None and not METRICS_TOKEN.fullmatch(given.get_secret_value()):
        mistakes.say(
            "environment",
            "STRAIT_METRICS_TOKEN",
            "is no bearer token: give 16 or more of the characters A-Z a-z 0-9 - . _ ~ + / =, "
            "such as `openssl rand -hex 16` makes.",
        )
