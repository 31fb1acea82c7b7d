"""A digest as Slack messages: one story after the other, each message inside every limit."""

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.domain.model import Digest
from bot.platforms.slack.blocks import (
    HEADER_LIMIT,
    Block,
    Part,
    bullets,
    context,
    cut,
    header,
    link,
    rich,
    section,
    size,
    words,
)
from bot.platforms.slack.fallback import fallback
from bot.rendering.arc import ArcView
from bot.rendering.extras import Extra
from bot.rendering.texts import Texts
from bot.rendering.view import DigestView, ItemView, SentenceView, SideView, SourceView, view_digest

# Slack refuses messages whose blocks together are near 13,200 characters, undocumented, and
# was seen to at 11,341 (https://github.com/slackapi/bolt-js/issues/2509 and 2867).
MESSAGE_LIMIT = 10_000
MOST_BLOCKS = 50

# The line that says which part a message is: a heading, each character of which JSON may
# have to escape, and what stands around it.
PART_ROOM = 2 * HEADER_LIMIT + 200

# What else stands beside a story: the heading with its line below, and the closing line.
FRAME_ROOM = 1_500
STORY_LIMIT = MESSAGE_LIMIT - PART_ROOM - FRAME_ROOM

# Summaries are of some 60 words; this bounds only what no summarizer of ours writes.
SUMMARY_LIMIT = 2_000

# A sentence beside the summary, and what one side stresses; three sides there are.
BESIDE_LIMIT = 600
MOST_VIEWS = 3

# What is said of the coverage: some lines; a whole page only where a feed is hostile.
NOTES_LIMIT = 1_500

# A side's first headline, where it stands among others (its report has it whole).
TITLE_SHOWN = 120

# What the digest was made from fits easily, unless a topic is called by a whole page.
ABOUT_LIMIT = 300

# The week's arc: the issues with the most reports, together well below a message.
MOST_ISSUES = 8
ARC_HEADLINE = 90

# A source's number is a small raised one, with spaces at which no line breaks.
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
NO_BREAK, THIN = "\u00a0", "\u202f"


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What one Slack message says: its blocks, and ``text`` (escaped) where none are shown.

    Notifications and screen readers have the text, and readers where Slack refuses the blocks.
    """

    text: str
    blocks: tuple[Block, ...]

    @property
    def payload(self) -> str:
        """The message as JSON, to be frozen in the outbox."""
        return json.dumps({"text": self.text, "blocks": self.blocks}, ensure_ascii=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Story:
    """A story to be shown; ``titles`` lists each report with its title, on its own line."""

    number: int
    view: ItemView
    titles: bool
    texts: Texts


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    """The blocks of one message, and the stories that they tell."""

    blocks: tuple[Block, ...]
    told: tuple[ItemView, ...] = ()


def render_digest(digest: Digest, texts: Texts, *, titles: bool = False) -> tuple[Message, ...]:
    """Return the digest's messages; a story is never divided between two.

    ``titles`` shows each report with its title, else by its outlet's name alone.
    """
    view = view_digest(digest, texts)
    numbered = zip(digest.items, view.items, strict=True)
    stories = [
        _fitted(_Story(number=item.story_id, view=shown, titles=titles, texts=texts))
        for item, shown in numbered
    ]
    told: list[tuple[list[Block], ItemView | None]] = [
        (_extra(extra), None) for extra in view.extras
    ]
    told += zip(_with_footer(stories, view), view.items, strict=True)
    pages = _pages(told, first=_Page(blocks=tuple(_opening(view))))
    return tuple(_message(n, pages, view, texts) for n in range(len(pages)))


def shorten(
    digest: Digest, texts: Texts, *, most: int, titles: bool = False
) -> tuple[Message, ...]:
    """Return at most so many messages, leaving out the last stories where there are more."""
    whole = render_digest(digest, texts, titles=titles)
    if len(whole) <= most:
        return whole

    def keep(count: int) -> tuple[Message, ...]:
        left_out = digest.stories_left_out + len(digest.items) - count
        kept = replace(digest, items=digest.items[:count], stories_left_out=left_out)
        return render_digest(kept, texts, titles=titles)

    # One story always fits one message.
    return keep(bisect_right(range(2, len(digest.items)), most, key=lambda n: len(keep(n))) + 1)


def mark(number: int) -> str:
    """Return a source's number as sentences and lists show it."""
    return str(number).translate(RAISED)


def _opening(view: DigestView) -> list[Block]:
    about = " · ".join((view.summary, view.edition, view.as_of))
    late = [context(f"⏰ {view.late}")] if view.late else []
    return [header(view.heading), *late, context(cut(about, ABOUT_LIMIT)), *_arc(view.arc)]


def _arc(arc: ArcView | None) -> list[Block]:
    """Return the week, an issue a line with its main story's headline."""
    if arc is None:
        return []
    lines = [
        [words(f"{week.line}\n"), words(cut(week.headline, ARC_HEADLINE))]
        for week in arc.issues[:MOST_ISSUES]
    ]
    return [rich(section([words(arc.title, bold=True)]), bullets(lines)), context(arc.note)]


def _with_footer(stories: list[list[Block]], view: DigestView) -> list[list[Block]]:
    """Let the closing line follow the last story, so that it never stands alone."""
    if not stories:
        return []
    return [*stories[:-1], [*stories[-1], {"type": "divider"}, context(view.footer)]]


def _pages(stories: Iterable[tuple[list[Block], ItemView | None]], *, first: _Page) -> list[_Page]:
    """Fill one page after the other with whole stories."""
    pages, page = [], first
    for story, view in stories:
        own = () if view is None else (view,)
        together = (*page.blocks, {"type": "divider"}, *story)
        if _overflows(together):
            pages.append(page)
            page = _Page(blocks=tuple(story), told=own)
        else:
            page = _Page(blocks=together, told=(*page.told, *own))
    return [*pages, page]


def _overflows(blocks: Sequence[Block]) -> bool:
    # One block is left for the line that says which part it is.
    room = MESSAGE_LIMIT - PART_ROOM
    return size(blocks) > room or len(blocks) >= MOST_BLOCKS


def _message(index: int, pages: Sequence[_Page], view: DigestView, texts: Texts) -> Message:
    heading, blocks = cut(view.heading, HEADER_LIMIT), pages[index].blocks
    if len(pages) > 1:
        part, parts = texts.number(index + 1), texts.number(len(pages))
        heading = texts.say("slack.part", heading=heading, part=part, parts=parts)
        blocks = blocks if index == 0 else (context(heading), *blocks)
    lines = (heading, view.late if index == 0 else "", "" if view.items else view.summary)
    said = "\n".join(filter(None, lines))
    return Message(text=fallback(said, pages[index].told), blocks=blocks)


def _fitted(story: _Story) -> list[Block]:
    """Return the story's blocks with as many of its reports as there is room for."""
    most = sum(len(side.sources) for side in story.view.sides)
    whole = _story(story, kept=most, left_out=0)
    if size(whole) <= STORY_LIMIT:
        return whole

    def taken(kept: int) -> int:
        return size(_story(story, kept=kept, left_out=most - kept))

    kept = bisect_right(range(1, most), STORY_LIMIT, key=taken)
    return _story(story, kept=kept, left_out=most - kept)


def _story(story: _Story, *, kept: int, left_out: int) -> list[Block]:
    view = story.view
    headline = section([words(f"{view.number}. {view.headline}", bold=True)])
    # A report that a search found may belong to no story.
    number = story.texts.say("slack.story", id=str(story.number)) if story.number else ""
    status = view.status if story.titles else ""
    labels = (*view.labels, view.foreign, view.correction, view.made, status, number)
    lines = list(_lines(story, kept))
    if left_out:
        lines.append([words(story.texts.count("slack.more", left_out))])
    summary = section([*_since(view), *_summary(view.sentences)])
    views = bullets(_perspectives(view) if story.titles else ())
    parts = [part for part in (summary, views, bullets(lines)) if part.elements]
    blocks = [rich(headline), context(" · ".join(filter(None, labels)))]
    notes = [context(cut("\n".join(view.notes), NOTES_LIMIT))] if view.notes and kept else []
    return [*blocks, *([rich(*parts)] if parts else []), *notes]


def _since(view: ItemView) -> Iterator[Part]:
    if view.since:
        yield words(view.since, bold=True)
        news = f" — {_marked(view.news)}" if view.news else ""
        yield words(f"{cut(news, BESIDE_LIMIT)}\n")


def _perspectives(view: ItemView) -> Iterator[list[Part]]:
    for one in view.perspectives[:MOST_VIEWS]:
        told = cut(_marked(one.sentence), BESIDE_LIMIT)
        yield [words(one.name, bold=True), words(f": {told}")]


def _marked(sentence: SentenceView) -> str:
    return sentence.text + THIN.join(mark(source.number) for source in sentence.sources)


def _extra(extra: Extra) -> list[Block]:
    sign = "✏️" if extra.is_correction else "📅"
    lines = "".join(f"\n{line}" for line in extra.lines)
    parts = [words(f"{sign} {extra.heading}", bold=True), words(lines)]
    blocks = [rich(section([part for part in parts if part is not None]))]
    if extra.links:
        links = bullets([link(one.text, one.url)] for one in extra.links)
        blocks = [*blocks, context(extra.label), rich(links)]
    return blocks


def _summary(sentences: Sequence[SentenceView]) -> Iterator[Part]:
    room = SUMMARY_LIMIT
    for sentence in sentences:
        text = _marked(sentence)
        room -= len(text)
        if room < 0:
            return
        yield words(f"{text} ")


def _lines(story: _Story, kept: int) -> Iterator[list[Part]]:
    """Yield a line for each side or, with titles, for each report; the cited ones come first."""
    numbers = sorted(s.number for side in story.view.sides for s in side.sources)[:kept]
    for side in story.view.told_sides:
        sources = [source for source in side.sources if source.number in numbers]
        if story.titles:
            yield from (_report(side, source) for source in sources)
        elif sources:
            yield [
                words(side.name, bold=True),
                *(tuple(_panel(side)) or (words("  "),)),
                *_outlets(sources),
            ]


def _panel(side: SideView) -> Iterator[Part]:
    if side.first:
        first, line = side.first, side.line or side.first.when
        gloss = f" ({first.translation})" if first.translation and first.foreign else ""
        yield words(f" · {line} “{cut(first.title, TITLE_SHOWN)}”{gloss}\n")


def _outlets(sources: Sequence[SourceView]) -> Iterator[Part]:
    for position, source in enumerate(sources):
        yield words(f"{' · ' if position else ''}{mark(source.number)}{NO_BREAK}")
        yield link(source.outlet or source.title, source.url)
        if source.foreign:
            yield words(f" ({source.foreign})")


def _report(side: SideView, source: SourceView) -> list[Part]:
    foreign = f" ({source.translation or source.foreign})" if source.foreign else ""
    return [
        words(f"{mark(source.number)}{NO_BREAK}{source.outlet}", bold=True),
        words(f" · {side.name} · {source.when}{foreign}\n"),
        link(source.title, source.url),
    ]
