"""Feeds in a reader's words: how each answered last, and how it answers now."""

from collections.abc import Iterator, Sequence

from bot.domain.feed_requests import FeedAnswer
from bot.domain.model import Feed, FeedState
from bot.rendering.texts import Texts


def feed_lines(
    found: Sequence[tuple[Feed, FeedState]], texts: Texts, *, zone: str
) -> Iterator[str]:
    """Yield a line for each feed; plain text, as it came from feeds."""
    if not found:
        yield texts.say("feeds.none")
    for feed, state in found:
        yield texts.say(
            "feeds.line", id=str(feed.id), name=feed.name, state=_state(state, texts, zone)
        )


def _state(state: FeedState, texts: Texts, zone: str) -> str:
    if state.gone:
        return texts.say("feeds.gone")
    if state.problem:
        return texts.say("feeds.trouble", problem=state.problem)
    if state.succeeded_at is None:
        return texts.say("feeds.never")
    day, time = texts.date(state.succeeded_at, zone), texts.time(state.succeeded_at, zone)
    return texts.say("feeds.well", when=texts.say("times.day_and_time", day=day, time=time))


def tell_check(answer: FeedAnswer, texts: Texts) -> str:
    """Return how a feed answered, in a sentence."""
    if answer.problem is not None:
        return texts.say("feeds.check_failed", name=answer.name, problem=answer.problem)
    entries = texts.count("feeds.entries", answer.entries)
    return texts.say("feeds.checked", name=answer.name, entries=entries)


def tell_added(answer: FeedAnswer, texts: Texts) -> str:
    """Return whether a feed was added, in a sentence."""
    if answer.problem is not None:
        return texts.say("feeds.not_added", problem=answer.problem)
    if not answer.added:
        return texts.say("feeds.there_already", name=answer.name)
    entries = texts.count("feeds.entries", answer.entries)
    return texts.say("feeds.added", name=answer.name, entries=entries)
