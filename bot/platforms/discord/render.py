"""A digest as Discord messages: Components V2, and plain text where those are refused.

Limits: https://docs.discord.com/developers/components/reference (40 components and 4000
characters of text a message) and .../resources/message (2000 characters of content).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import discord

from bot.domain.model import Digest
from bot.platforms.discord import stories
from bot.platforms.discord.marker import SEPARATOR, mark
from bot.platforms.discord.markup import escape, units
from bot.platforms.discord.stories import Blocks
from bot.rendering.arc import ArcView
from bot.rendering.safe import clean
from bot.rendering.texts import Texts
from bot.rendering.view import DigestView, ItemView, view_digest

TEXT_LIMIT = 4000
COMPONENT_LIMIT = 40
CONTENT_LIMIT = 2000

# The container, the heading, and a line and a text below the stories.
FRAME = 4
MOST_PARTS = COMPONENT_LIMIT - FRAME

# What plain content keeps for the headings of what stands before the stories.
PLAIN_EXTRAS = 600

MARK_ROOM = units(SEPARATOR + mark(""))

# What a page's number can add to its heading and footer, in any language.
NUMBER_ROOM = 60

# The week's arc stands in the heading, beside which a story must fit: so many issues, and the
# main stories of some of them, take less than half of a message.
MOST_ISSUES = 8
MOST_HEADLINES = 4
HEADLINE_LIMIT = 90

# A calm indigo that stands out on light and dark.
ACCENT = discord.Colour(0x4B6EAF)

# What stands before the stories has no item.
Told = tuple[ItemView | None, Blocks]


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One message: Markdown texts, and the same in brief where only plain content is taken."""

    heading: str
    stories: tuple[Blocks, ...]
    footer: str
    plain: str


def digest_pages(digest: Digest, texts: Texts) -> tuple[Page, ...]:
    """Return the digest as messages, split between stories, each within all limits."""
    return _pages(digest, texts, stories.brief)


def story_pages(digest: Digest, texts: Texts) -> tuple[Page, ...]:
    """Return the digest's stories as messages with every report that fits."""
    return _pages(digest, texts, stories.full)


def moved_page(digest: Digest, texts: Texts) -> Page:
    """Return what a message says whose stories have moved into those before it."""
    view = view_digest(digest, texts)
    heading = f"## {escape(view.topic)}\n{escape(texts.say('corrections.moved'))}"
    footer = f"-# {escape(view.edition)}"
    return Page(heading=heading, stories=(), footer=footer, plain=f"{heading}\n{footer}")


def to_view(page: Page) -> discord.ui.LayoutView:
    """Return the page as Components V2. Its last text is the footer, which is ours alone."""
    box = discord.ui.Container[discord.ui.LayoutView](accent_colour=ACCENT)
    box.add_item(discord.ui.TextDisplay(page.heading))
    for story in page.stories:
        box.add_item(discord.ui.Separator(spacing=discord.SeparatorSpacing.large))
        for text in story:
            box.add_item(discord.ui.TextDisplay(text))
    box.add_item(discord.ui.Separator(visible=False))
    box.add_item(discord.ui.TextDisplay(page.footer))
    return discord.ui.LayoutView(timeout=None).add_item(box)


def _pages(digest: Digest, texts: Texts, shape: Callable[..., Blocks]) -> tuple[Page, ...]:
    view = view_digest(digest, texts)
    heading, footer = _heading(view), _footer(view)
    room = TEXT_LIMIT - units(heading) - units(footer) - NUMBER_ROOM - MARK_ROOM
    told: list[Told] = [(None, stories.before(extra)) for extra in view.extras]
    told += [
        (item, shape(item, story.story_id, texts, room=room))
        for item, story in zip(view.items, digest.items, strict=True)
    ]
    groups = list(_split(told, room)) or [[]]
    return tuple(
        _page(view, texts, group, part, len(groups)) for part, group in enumerate(groups, 1)
    )


def _split(told: Sequence[Told], room: int) -> Iterator[list[Told]]:
    group: list[Told] = []
    used = parts = 0
    for item, blocks in told:
        size, count = stories.length(blocks), 1 + len(blocks)
        if group and (used + size > room or parts + count > MOST_PARTS):
            yield group
            group, used, parts = [], 0, 0
        group.append((item, blocks))
        used, parts = used + size, parts + count
    if group:
        yield group


def _page(view: DigestView, texts: Texts, group: Sequence[Told], part: int, parts: int) -> Page:
    heading = _heading(view) if part == 1 else f"## {escape(view.topic)}"
    number = texts.say("discord.part", part=str(part), parts=str(parts)) if parts > 1 else ""
    said = [escape(text) for text in (number, view.footer if part == parts else "") if text]
    footer = f"-# {SEPARATOR.join(said) or escape(view.edition)}"
    items = [item for item, _ in group if item is not None]
    before = [text.split("\n")[0] for item, blocks in group if item is None for text in blocks]
    top = _heading(view, arc=False) if part == 1 else heading
    return Page(
        heading=heading,
        stories=tuple(blocks for _, blocks in group),
        footer=footer,
        plain=_plain(items, "\n".join([top, *_within(before, PLAIN_EXTRAS)]), footer, texts),
    )


def _within(lines: Sequence[str], room: int) -> Iterator[str]:
    for line in lines:
        room -= units(line) + 1
        if room < 0:
            return
        yield line


def _heading(view: DigestView, *, arc: bool = True) -> str:
    about = f"-# {escape(view.edition)} · {escape(view.as_of)}"
    late = [f"⏰ {escape(view.late)}"] if view.late else []
    top = [f"## {escape(view.topic)}", f"**{escape(view.date)}**", *late, escape(view.summary)]
    return "\n".join([*top, *(_arc(view.arc) if arc else ()), about])


def _arc(arc: ArcView | None) -> Iterator[str]:
    """Yield the week, an issue a line; the headlines of those with the most reports."""
    if arc is None:
        return
    yield f"**{escape(arc.title)}**"
    for place, week in enumerate(arc.issues[:MOST_ISSUES]):
        yield escape(week.line)
        if place < MOST_HEADLINES:
            yield f"-# {escape(clean(week.headline, HEADLINE_LIMIT))}"
    yield f"-# {escape(arc.note)}"


def _footer(view: DigestView) -> str:
    return f"-# {SEPARATOR.join(escape(part) for part in (view.footer, view.edition) if part)}"


def _plain(items: Sequence[ItemView], heading: str, footer: str, texts: Texts) -> str:
    """Return the stories as lines, as many as one plain message holds."""
    lines = [stories.line(item, texts) for item in items]
    for kept in range(len(lines), -1, -1):
        hidden = len(lines) - kept
        more = [escape(texts.count("discord.more_stories", hidden))] if hidden else []
        content = "\n".join([heading, "", *lines[:kept], *more, footer])
        if units(content) + MARK_ROOM <= CONTENT_LIMIT:
            break
    return content
