"""What the files must agree on with each other, and with the world's lists of codes."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from babel import Locale

from bot.domain.addresses import is_web_address, shown_url
from bot.domain.errors import InputError
from bot.domain.model import FeedSpec, Outlet
from bot.domain.schedule import check_zone
from bot.domain.secret_keys import HOW_TO_MAKE_ONE, SHORTEST_KEY, split_keys
from bot.domain.topic import Name, Topic
from bot.settings.files import Environment, Llm
from bot.settings.mistakes import Mistakes

# Unicode lists some two-letter codes that are no places: unknown, pseudo-locales, groups.
NO_PLACES = frozenset({"ZZ", "XA", "XB", "QO", "EZ", "UN"})
CODE = re.compile(r"[A-Za-z]{2}")
PLACES = frozenset(filter(CODE.fullmatch, map(str, Locale("en").territories))) - NO_PLACES
LANGUAGES = frozenset(filter(CODE.fullmatch, map(str, Locale("en").languages)))

A_PLACE = "a country's code of ISO 3166-1, such as JP or KR"
A_LANGUAGE = "a language's code of ISO 639-1, such as en, ja or ko"


def check_feeds(
    feeds: Sequence[FeedSpec], outlets: Sequence[Outlet], mistakes: Mistakes, path: Path
) -> None:
    """Check addresses, outlets, languages and zones."""
    known = {outlet.id for outlet in outlets}
    seen: set[str] = set()
    for number, feed in enumerate(feeds, start=1):
        key = f"feed {number}"
        if not is_web_address(feed.url):
            mistakes.add(path, f"{key}: url", feed.url, "an address with http:// or https://")
        if feed.url in seen:
            mistakes.add(path, f"{key}: url", feed.url, "each address once")
        if feed.outlet and feed.outlet not in known:
            allowed = _nearest(feed.outlet, known, "outlets.toml")
            mistakes.add(path, f"{key}: outlet", feed.outlet, allowed)
        if feed.language is not None and feed.language not in LANGUAGES:
            mistakes.add(path, f"{key}: language", feed.language, A_LANGUAGE)
        if feed.zone:
            _check_zone(feed.zone, path, f"{key}: zone", mistakes)
        seen.add(feed.url)


def check_outlets(outlets: Sequence[Outlet], mistakes: Mistakes, path: Path) -> None:
    """Check that each id is there once, and the codes of countries and languages."""
    _check_ids("outlet", [outlet.id for outlet in outlets], mistakes, path)
    for number, outlet in enumerate(outlets, start=1):
        _check_places(f"outlet {number}: country", [outlet.country], mistakes, path)
        for language in outlet.languages:
            if language not in LANGUAGES:
                mistakes.add(path, f"outlet {number}: languages", language, A_LANGUAGE)


def check_names(names: Sequence[Name], mistakes: Mistakes, path: Path) -> None:
    """Check that each id is there once, and the codes of countries."""
    _check_ids("name", [name.id for name in names], mistakes, path)
    for number, name in enumerate(names, start=1):
        _check_places(f"name {number}: country", name.countries, mistakes, path)


def check_topic(topic: Topic, mistakes: Mistakes, path: Path) -> None:
    """Check that the id is the file's name, and the codes of both sides."""
    if topic.id != path.stem:
        mistakes.add(path, "id", topic.id, f'the name of its file, "{path.stem}"')
    _check_places("sides", topic.sides, mistakes, path)


def check_console_topics(
    chosen: Sequence[str], topics: Mapping[str, Topic], mistakes: Mistakes, path: Path
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


def _check_ids(table: str, ids: Sequence[str], mistakes: Mistakes, path: Path) -> None:
    seen: set[str] = set()
    for number, own in enumerate(ids, start=1):
        if own in seen:
            mistakes.add(path, f"{table} {number}: id", own, "each id once")
        seen.add(own)


def _check_places(key: str, codes: Iterable[str], mistakes: Mistakes, path: Path) -> None:
    for code in sorted(codes):
        if code not in PLACES:
            mistakes.add(path, key, code, A_PLACE)


def _check_zone(zone: str, path: Path, key: str, mistakes: Mistakes) -> None:
    try:
        check_zone(zone)
    except InputError as error:
        mistakes.say(path, key, str(error))


def _nearest(found: str, known: set[str], file: str) -> str:
    close = get_close_matches(found, known, n=1)
    return f'an id of {file}; did you mean "{close[0]}"?' if close else f"an id of {file}"
