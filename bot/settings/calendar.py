"""Checks the calendar: every mistake of every day is told."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from bot.domain.calendar import Occasion, parse_when
from bot.domain.model import Issue, Language
from bot.settings.mistakes import Mistakes

# What fits beside a digest on every platform, and what anybody reads before the news.
LONGEST_TITLE = 80
LONGEST_LINE = 240
LINES = 2


def check_calendar(
    occasions: Sequence[Occasion], topics: Collection[str], mistakes: Mistakes, path: Path
) -> None:
    """Check days, issues, topics, and that every text is there in every language."""
    times = Counter(occasion.id for occasion in occasions)
    for number, occasion in enumerate(occasions, start=1):
        if times[occasion.id] > 1:
            mistakes.add(path, f"occasion {number}: id", occasion.id, "each id once")
        for key, sentence in _slips(occasion, topics):
            mistakes.say(path, f"occasion {number} ({occasion.id}): {key}", sentence)


def _slips(occasion: Occasion, topics: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield keys and what is wrong with them."""
    try:
        parse_when(occasion.when)
    except ValueError as error:
        yield "when", str(error)
    issues = [issue.value for issue in Issue]
    if occasion.issue not in issues:
        yield "issue", _no_such(occasion.issue, issues)
    if not occasion.topics:
        yield "topics", f"is empty: name at least one of {', '.join(topics)}."
    for topic in occasion.topics:
        if topic not in topics:
            yield "topics", _no_such(topic, topics)
    yield from _text_slips(occasion)


def _text_slips(occasion: Occasion) -> Iterator[tuple[str, str]]:
    wanted = {language.value for language in Language}
    for key, texts in (("title", occasion.title), ("brief", occasion.brief)):
        for language in sorted(wanted - set(texts)):
            yield key, f"is missing in {language}: give it in {', '.join(sorted(wanted))}."
        for language in sorted(set(texts) - wanted):
            yield key, f'has the language "{language}": there is {", ".join(sorted(wanted))}.'
    for language, title in occasion.title.items():
        if not 0 < len(title.strip()) <= LONGEST_TITLE:
            yield f"title.{language}", f"is empty or longer than {LONGEST_TITLE} characters."
    for language, lines in occasion.brief.items():
        if len(lines) != LINES:
            yield f"brief.{language}", f"has {len(lines)} lines: write {LINES}."
        if any(not 0 < len(line.strip()) <= LONGEST_LINE for line in lines):
            yield (
                f"brief.{language}",
                f"has a line that is empty or longer than {LONGEST_LINE} characters.",
            )


def _no_such(found: str, known: Collection[str]) -> str:
    close = get_close_matches(found, known, n=1)
    hint = f'did you mean "{close[0]}"?' if close else f"there is {', '.join(known)}."
    return f'there is no "{found}"; {hint}'
