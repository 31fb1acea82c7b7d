"""What people write after the slash command, read into requests."""

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches

from bot.commands.search import SearchOptions
from bot.commands.tastes import NO_WORDS, TASTE_OPTIONS, TasteWords, read_options
from bot.domain.corrections import CorrectionKind
from bot.domain.model import Language
from bot.domain.schedule import schedule_length
from bot.platforms.slack.asked import (
    AskWhy,
    Change,
    Correct,
    ForgetMe,
    Help,
    ListDigests,
    Manage,
    ManageFeeds,
    Misuse,
    News,
    Request,
    Search,
    ShowStory,
    Subscribe,
)

VERBS = ("news", "story", "search", "why", "digest", "feeds", "correct", "forget-me", "help")
DIGEST_VERBS = ("subscribe", "list", "show", "change", "pause", "resume", "remove", "preview")
FEED_VERBS = ("list", "check", "add", "remove")
OPTIONS = ("lang", "stories")
# What these verbs take besides: the words of a taste.
TASTED = ("subscribe", "change")
SEARCH_OPTIONS = ("topic", "since", "until", "issue", "outlet", "country", "lang")
LANGUAGES = tuple(language.value for language in Language)

# More than one screen of a phone holds; the settings allow the same.
MOST_STORIES = 50

# A database id has at most 19 digits.
MOST_DIGITS = 18


@dataclass(frozen=True, kw_only=True, slots=True)
class _Words:
    """What was written, taken apart: plain words, and the values of ``name=value``."""

    plain: tuple[str, ...]
    language: Language | None = None
    stories: int | None = None
    taste: TasteWords = NO_WORDS


def read_request(text: str, topics: Collection[str]) -> Request:
    """Read the words after the command; full-width letters and digits count as ASCII."""
    words = unicodedata.normalize("NFKC", text).split()
    if words and words[0].casefold() == "feeds":
        # Addresses stay as they were written.
        return _read_feeds(text.split()[1:])
    if words and words[0].casefold() == "search":
        return _read_search(words[1:])
    if words and words[0].casefold() == "correct":
        # Not normalized: the words are shown to readers as they are written.
        return _read_correct(text.split()[1:])
    if words and words[0].casefold() == "why":
        # As it was written: an address is spelled in its own way.
        return _read_why(text.split()[1:])
    taste, rest = read_options(text)
    if taste != NO_WORDS:
        taken = _take_options(unicodedata.normalize("NFKC", rest).split(), taste)
        if isinstance(taken, _Words) and not _is_tasted(taken.plain):
            option = next(iter(asdict(taste).items() - asdict(NO_WORDS).items()))
            return _bad_option("=".join(option), f"{' / '.join(f'{o}=…' for o in OPTIONS)}")
    else:
        taken = _take_options(words)
    return taken if isinstance(taken, Misuse) else _read(taken, topics)


def _read(taken: _Words, topics: Collection[str]) -> Request:
    match [word.casefold() for word in taken.plain[:1]]:
        case ["news"]:
            return _read_news(taken, taken.plain[1:], topics)
        case ["story"]:
            return _read_story(taken)
        case ["digest"]:
            return _read_digest(taken, topics)
        case [] | ["help" | "forget-me"]:
            return _read_bare(taken)
        case [first] if first in topics:
            return _read_news(taken, taken.plain, topics)
    return _unknown(taken.plain[0], [*VERBS, *topics])


def _read_bare(taken: _Words) -> Request:
    match [word.casefold() for word in taken.plain]:
        case ["forget-me"]:
            return ForgetMe()
        case ["forget-me", *_]:
            # Who wants to be forgotten is not misunderstood.
            return _too_much(taken.plain[1])
    return Help()


def _is_tasted(plain: Sequence[str]) -> bool:
    return [word.casefold() for word in plain[:2]] in [["digest", verb] for verb in TASTED]


def _take_options(words: list[str], taste: TasteWords = NO_WORDS) -> _Words | Misuse:
    options = dict(_options(words))
    plain = tuple(word for word in words if "=" not in word)
    for name, value in options.items():
        if name not in OPTIONS:
            options_known = (*OPTIONS, *TASTE_OPTIONS) if _is_tasted(plain) else OPTIONS
            known = " / ".join(f"{option}=…" for option in options_known)
            return _bad_option(f"{name}={value}", known)
    language, stories = options.get("lang"), options.get("stories")
    if language is not None and language not in LANGUAGES:
        return _bad_option(f"lang={language}", " / ".join(f"lang={code}" for code in LANGUAGES))
    count = None if stories is None else _number(stories)
    if stories is not None and (count is None or not 1 <= count <= MOST_STORIES):
        return _bad_option(f"stories={stories}", f"stories=1 … stories={MOST_STORIES}")
    return _Words(
        plain=plain, language=Language(language) if language else None, stories=count, taste=taste
    )


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            yield name.casefold(), value.casefold()


def _read_news(taken: _Words, plain: tuple[str, ...], topics: Collection[str]) -> Request:
    if taken.stories is not None:
        return _bad_option(f"stories={taken.stories}", "lang=…")
    match plain:
        case [topic]:
            return News(topic=topic.casefold(), language=taken.language)
        case [topic, since]:
            return News(topic=topic.casefold(), since=since, language=taken.language)
        case []:
            return _needs_topic(topics)
    return _too_much(plain[2])


def _read_search(words: list[str]) -> Request:
    """Read ``QUERY [since=7d] [issue=courts] …``: what is no option is looked for."""
    options = {
        name.casefold(): value
        for name, equals, value in (word.partition("=") for word in words)
        if equals and value and name.casefold() in SEARCH_OPTIONS
    }
    query = [word for word in words if word.partition("=")[0].casefold() not in options]
    if not query:
        return Misuse(key="slack.needs_query")
    if "lang" in options:
        options["language"] = options.pop("lang")
    return Search(query=" ".join(query), options=SearchOptions(**options))


def _read_feeds(words: list[str]) -> Request:
    """Read ``[list]`` or ``check|add|remove FEED``; a feed's name may have several words."""
    verb = unicodedata.normalize("NFKC", words[0]).casefold() if words else "list"
    if verb not in FEED_VERBS:
        return _unknown(words[0], FEED_VERBS)
    # Slack puts the addresses that it sees between angle brackets, where it is told to.
    named = " ".join(words[1:]).strip("<>").partition("|")[0]
    if verb == "list":
        return _too_much(words[1]) if words[1:] else ManageFeeds(verb=verb)
    if not named:
        return Misuse(key="slack.needs_feed", values={"verb": verb})
    return ManageFeeds(verb=verb, named=named)


def _read_why(words: list[str]) -> Request:
    """Read ``URL|ID``; Slack may have made a link of the address: ``<https://…|…>``."""
    written = " ".join(words).strip("<>").partition("|")[0]
    return AskWhy(written=written) if written else Misuse(key="slack.needs_why")


def _read_correct(words: list[str]) -> Request:
    """Read ``ID VERB [NEW WORDS | ]REASON``; ``lang=`` says of which language they are."""
    codes = [word for word in words if word.casefold().startswith("lang=")]
    plain = [word for word in words if word not in codes]
    language = codes[-1].partition("=")[2].casefold() if codes else None
    if language is not None and language not in LANGUAGES:
        return _bad_option(f"lang={language}", " / ".join(f"lang={code}" for code in LANGUAGES))
    number = _number(plain[0]) if plain else None
    verb = plain[1].casefold() if plain[1:] else ""
    if number is None or verb not in [kind.value for kind in CorrectionKind]:
        return Misuse(key="slack.needs_correction")
    spoken = Language(language) if language else None
    return _correction(number, CorrectionKind(verb), plain[2:], spoken)


def _correction(
    story_id: int, kind: CorrectionKind, words: list[str], language: Language | None
) -> Request:
    sentence = ""
    if kind is CorrectionKind.SENTENCE and words:
        sentence, words = words[0], words[1:]
    written, _, reason = " ".join(words).rpartition(" | ")
    if not written and kind in {CorrectionKind.HEADLINE, CorrectionKind.REMOVE_ENTRY}:
        return Misuse(key="slack.needs_correction")
    is_address = kind is CorrectionKind.REMOVE_ENTRY
    return Correct(
        story_id=story_id,
        kind=kind,
        reason=reason.strip(),
        sentence=sentence,
        text="" if is_address else written.strip(),
        # Slack shows an address that people wrote as <address>.
        url=written.strip().strip("<>") if is_address else "",
        language=language,
    )


def _read_story(taken: _Words) -> Request:
    numbers = [_number(word) for word in taken.plain[1:]]
    match numbers:
        case [int(story_id)]:
            return ShowStory(story_id=story_id, language=taken.language)
    return Misuse(key="slack.needs_story")


def _read_digest(taken: _Words, topics: Collection[str]) -> Request:
    verb = taken.plain[1].casefold() if taken.plain[1:] else "list"
    if verb == "subscribe":
        return _read_subscribe(taken, taken.plain[2:], topics)
    if verb == "change" and taken.plain[2:]:
        return _read_change(taken, taken.plain[3:])
    if verb not in DIGEST_VERBS:
        return _unknown(taken.plain[1], DIGEST_VERBS)
    if verb == "list":
        return _too_much(taken.plain[2]) if taken.plain[2:] else ListDigests()
    match [_number(word) for word in taken.plain[2:]]:
        case [int(subscription_id)]:
            return Manage(verb=verb, subscription_id=subscription_id)
    return Misuse(key="slack.needs_number", values={"verb": verb})


def _read_change(taken: _Words, plain: tuple[str, ...]) -> Request:
    """Read ``ID [SCHEDULE] [ZONE]``; of these and the options at least one is there."""
    number = _number(taken.plain[2])
    if number is None:
        return Misuse(key="slack.needs_number", values={"verb": "change"})
    length = schedule_length(plain)
    schedule, zones = " ".join(plain[:length]), plain[length:]
    if len(zones) > 1:
        return _too_much(zones[1])
    zone = zones[0] if zones else None
    if not (schedule or zone or taken.language or taken.stories or taken.taste != NO_WORDS):
        return Misuse(key="slack.needs_change", values={"id": str(number)})
    return Change(
        subscription_id=number,
        schedule=schedule or None,
        zone=zone,
        language=taken.language,
        stories=taken.stories,
        taste=taken.taste,
    )


def _read_subscribe(taken: _Words, plain: tuple[str, ...], topics: Collection[str]) -> Request:
    """Read ``SCHEDULE [ZONE] [TOPIC]``; a word that names a topic is no zone."""
    length = schedule_length(plain)
    if length == 0:
        return Misuse(key="slack.needs_schedule")
    rest = list(plain[length:])
    zone = rest.pop(0) if rest and rest[0].casefold() not in topics else None
    topic = rest.pop(0).casefold() if rest else _only(topics)
    if rest:
        return _too_much(rest[0])
    if topic is None:
        return _needs_topic(topics)
    return Subscribe(
        schedule=" ".join(plain[:length]),
        zone=zone,
        topic=topic,
        language=taken.language,
        stories=taken.stories,
        taste=taken.taste,
    )


def _only(topics: Collection[str]) -> str | None:
    return next(iter(topics)) if len(topics) == 1 else None


def _number(word: str) -> int | None:
    digits = word.lstrip("#")
    if digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS:
        return int(digits)
    return None


def _unknown(word: str, known: Collection[str]) -> Misuse:
    close = get_close_matches(word.casefold(), known, n=1)
    if close:
        return Misuse(key="slack.guess", values={"word": word, "nearest": close[0]})
    return Misuse(key="slack.unknown", values={"word": word})


def _bad_option(option: str, known: str) -> Misuse:
    return Misuse(key="slack.bad_option", values={"option": option, "known": known})


def _too_much(word: str) -> Misuse:
    return Misuse(key="slack.too_much", values={"word": word})


def _needs_topic(topics: Collection[str]) -> Misuse:
    return Misuse(key="slack.needs_topic", values={"topics": ", ".join(sorted(topics))})
