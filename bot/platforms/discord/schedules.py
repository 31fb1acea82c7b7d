"""Schedules to choose from, while one is typed."""

from collections.abc import Iterator

from bot.domain.errors import InputError
from bot.domain.model import Rule
from bot.domain.schedule import WEEKDAYS, parse_clock, parse_rule, write_clock, write_rule
from bot.rendering.schedules import say_rule
from bot.rendering.texts import Texts

# When most people read their news first; also what `/digest subscribe` takes by itself.
MORNING = "08:00"
EVENING = "18:00"


def suggest_schedules(typed: str, texts: Texts) -> list[tuple[str, str]]:
    """Return schedules in the user's language, each with the words that the desk reads.

    First what is typed, where it is one; then usual ones that have every word of it. A time
    of day that is typed becomes theirs.
    """
    rules = [*_typed(typed), *_usual(_clock(typed))]
    named = {write_rule(rule): say_rule(rule, texts) for rule in rules}
    wanted = [word for word in typed.casefold().split() if not word[0].isdigit()]
    fitting = [
        (name, words)
        for words, name in named.items()
        if all(part in f"{name} {words}".casefold() for part in wanted)
    ]
    return fitting or [(name, words) for words, name in named.items()]


def _typed(typed: str) -> Iterator[Rule]:
    try:
        yield parse_rule(typed)
    except InputError:
        return


def _clock(typed: str) -> str:
    for word in typed.split():
        try:
            return write_clock(parse_clock(word))
        except InputError:
            continue
    return MORNING


def _usual(clock: str) -> Iterator[Rule]:
    yield parse_rule(f"daily {clock}")
    yield parse_rule(f"weekdays {clock}")
    if clock < EVENING:
        yield parse_rule(f"daily {clock},{EVENING}")
    yield from (parse_rule(f"weekly {day} {clock}") for day in WEEKDAYS)
    yield from (parse_rule(f"every {hours} hours") for hours in (6, 12))
