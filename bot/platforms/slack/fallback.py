"""What a message says where its blocks are not shown, or are refused: headlines and links."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from bot.platforms.slack.blocks import ADDRESS_LIMIT, HEADER_LIMIT, cut, escape, units
from bot.rendering.view import ItemView

# "For best results, limit the number of characters in the text field to 4,000 characters."
# https://docs.slack.dev/reference/methods/chat.postMessage#truncating
FALLBACK_LIMIT = 4_000

# A message holds some 16 stories at most: so long a headline leaves room for each.
HEADLINE_LIMIT = 150


def fallback(heading: str, stories: Sequence[ItemView]) -> str:
    """Return the heading, each story's headline and, as far as there is room, its outlets' links.

    Escaped, and within what Slack takes well as a message's ``text``, in UTF-16 units.
    """
    first = escape(cut(heading, 2 * HEADER_LIMIT))
    told = _kept([list(_lines(story)) for story in stories], room=FALLBACK_LIMIT - units(first))
    return "\n".join([first, *(line for lines in told for line in lines)])


def _kept(told: Sequence[Sequence[str]], *, room: int) -> list[list[str]]:
    """Keep the headlines before any link, and every story's first link before a second one."""
    kept: list[list[str]] = [[] for _ in told]
    for rank in zip_longest(*told):
        for lines, line in zip(kept, rank, strict=True):
            taken = units(line) + 1 if line else 0
            if line and taken <= room:
                room -= taken
                lines.append(line)
    return kept


def _lines(story: ItemView) -> Iterator[str]:
    """Yield the headline, and for each outlet the address of its first report."""
    yield escape(cut(f"{story.number}. {story.headline}", HEADLINE_LIMIT))
    seen: set[str] = set()
    reports = (source for side in story.sides for source in side.sources)
    for report in sorted(reports, key=lambda source: source.number):
        if report.url and len(report.url) <= ADDRESS_LIMIT and report.outlet not in seen:
            seen.add(report.outlet)
            yield escape(f"{report.outlet} {report.url}".strip())
