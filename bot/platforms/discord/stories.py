"""One story as Discord Markdown: as full as the room allows."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence

from bot.platforms.discord.marker import NARROW
from bot.platforms.discord.markup import ago, escape, flag, link, units
from bot.rendering.extras import Extra
from bot.rendering.texts import Texts
from bot.rendering.view import ItemView, SentenceView, SideView, SourceView

# Citations are small and raised, as in print.
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

# Enough for the sources cited and both sides at a glance; `/story` lists the rest.
MOST_SOURCES = 8

# A pre-brief of two lines and its links take far less; endless addresses are left out. It fits
# beside the week's arc, which takes less than half of a message.
EXTRA_ROOM = 1500

# A story's texts, shown a little apart: what is told, and who reports it.
Blocks = tuple[str, ...]
Shape = Callable[[ItemView, int, Texts, int, int], Blocks]


def brief(item: ItemView, story_id: int, texts: Texts, *, room: int) -> Blocks:
    """Return the story as a digest tells it, in at most ``room`` units.

    Where it is too long its source list is shortened first ("and 3 more"), then its summary.
    """
    return _fit(_brief, item, story_id, texts, room=room, most=MOST_SOURCES)


def full(item: ItemView, story_id: int, texts: Texts, *, room: int) -> Blocks:
    """Return the story with the headline and time of every report that fits in ``room`` units."""
    return _fit(_full, item, story_id, texts, room=room, most=_count(item))


def length(blocks: Blocks) -> int:
    """Return the units of all texts together."""
    return sum(map(units, blocks))


def line(item: ItemView, texts: Texts) -> str:
    """Return the story in one line: its headline and the first report that has an address."""
    first = next((s for side in item.told_sides for s in side.sources if s.url), None)
    source = f" — {link(first.outlet, first.url)}" if first else ""
    return f"**{item.number}\\. {escape(item.headline)}**{source}"


def before(shown: Extra) -> Blocks:
    """Return what stands before the stories (a day to come, a correction) in brief."""
    sign = "✏️" if shown.is_correction else "📅"
    lines = [f"**{sign} {escape(shown.heading)}**", *map(escape, shown.lines)]
    links = [f"-# {link(one.text, one.url)}" for one in shown.links]
    while links and sum(map(units, [*lines, *links])) > EXTRA_ROOM:
        links.pop()
    label = [f"-# {escape(shown.label)}"] if links else []
    return ("\n".join([*lines, *label, *links]),)


def _fit(
    shape: Shape, item: ItemView, story_id: int, texts: Texts, *, room: int, most: int
) -> Blocks:
    """Return the fullest form that fits: sources are left out first, then sentences."""
    told, shown = len(item.sentences), min(most, _count(item))
    steps = [(0, kept) for kept in range(told)] + [(kept, told) for kept in range(shown + 1)]

    def is_too_long(step: tuple[int, int]) -> bool:
        return length(shape(item, story_id, texts, *step)) > room

    first_too_long = bisect_left(steps, True, key=is_too_long)
    return shape(item, story_id, texts, *steps[max(0, first_too_long - 1)])


def _brief(item: ItemView, story_id: int, texts: Texts, shown: int, told: int) -> Blocks:
    sides = [_side(side, shown) for side in item.told_sides if _shown(side, shown)]
    below = [*sides, *_more(item, shown, texts), *_notes(item, shown)]
    return _blocks(_head(item, story_id, texts, told), below)


def _full(item: ItemView, story_id: int, texts: Texts, shown: int, told: int) -> Blocks:
    head = _head(item, story_id, texts, told)
    sides = [
        [_title(side), *map(_report, reports)]
        for side in item.told_sides
        if (reports := _shown(side, shown))
    ]
    status = [f"-# {escape(item.status)}"] if item.status else []
    below = [*_more(item, shown, texts), *_notes(item, shown)]
    return _blocks([*head, *status], _perspectives(item, told), *sides, below)


def _blocks(*parts: Iterable[str]) -> Blocks:
    return tuple(text for part in parts if (text := "\n".join(part)))


def _head(item: ItemView, story_id: int, texts: Texts, told: int) -> Iterator[str]:
    yield f"### {item.number}\\. {escape(item.headline)}"
    yield f"-# {' · '.join(_labels(item, story_id))}"
    for note in filter(None, (item.foreign, item.correction, item.made)):
        yield f"-# {escape(note)}"
    if item.since:
        yield _since(item, told)
    if told:
        cut = "" if told == len(item.sentences) else " …"
        yield " ".join(map(_sentence, item.sentences[:told])) + cut


def _since(item: ItemView, told: int) -> str:
    news = f" — {_sentence(item.news)}" if item.news and told else ""
    return f"🔄 **{escape(item.since)}**{news}"


def _perspectives(item: ItemView, told: int) -> Iterator[str]:
    if told == len(item.sentences):
        for view in item.perspectives:
            yield f"**{escape(view.name)}**: {_sentence(view.sentence)}"


def _notes(item: ItemView, shown: int) -> Iterator[str]:
    """Yield what is said of the coverage, where there is room for any of the coverage itself."""
    if shown:
        yield from (f"-# {escape(note)}" for note in item.notes)


def _labels(item: ItemView, story_id: int) -> Iterator[str]:
    yield f"**{escape(item.mark)}**"
    yield escape(item.issue)
    yield ago(item.latest_at)
    if item.single_source:
        yield escape(item.single_source)
    if item.peripheral:
        yield escape(item.peripheral)
    # A report that a search found may belong to no story.
    if story_id:
        yield f"`/story {story_id}`"


def _sentence(sentence: SentenceView) -> str:
    cited = NARROW.join(_raised(source) for source in sentence.sources)
    return f"{escape(sentence.text)}{cited}"


def _raised(source: SourceView) -> str:
    return str(source.number).translate(RAISED)


def _side(side: SideView, shown: int) -> str:
    sources = _shown(side, shown)
    links = " · ".join(f"{_raised(s)}{NARROW}{link(s.outlet, s.url)}" for s in sources)
    if side.first is None or side.first not in sources:
        return f"{_name(side)} {links}"
    headline = f"“{escape(side.first.title)}”{_gloss(side.first)}"
    if not side.line:
        return f"{_name(side)} {links} · {escape(side.first.when)} {headline}"
    return f"{_title(side)} {headline}\n-# {links}"


def _title(side: SideView) -> str:
    return f"{_name(side)} · {escape(side.line)}" if side.line else _name(side)


def _gloss(source: SourceView) -> str:
    return f" ({escape(source.translation)})" if source.translation and source.foreign else ""


def _name(side: SideView) -> str:
    return f"{flag(side.key)} **{escape(side.name)}**"


def _report(source: SourceView) -> str:
    foreign = f" ({escape(source.translation or source.foreign)})" if source.foreign else ""
    title = escape(source.title)
    name = f"{_raised(source)}{NARROW}{link(source.outlet, source.url)}"
    return f"{name} {title}{foreign} · {escape(source.when)}"


def _shown(side: SideView, shown: int) -> Sequence[SourceView]:
    return [source for source in side.sources if source.number <= shown]


def _more(item: ItemView, shown: int, texts: Texts) -> Iterator[str]:
    if hidden := _count(item) - shown:
        yield f"-# {escape(texts.count('discord.more_sources', hidden))}"


def _count(item: ItemView) -> int:
    return sum(len(side.sources) for side in item.sides)
