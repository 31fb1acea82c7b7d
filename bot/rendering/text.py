"""A digest for the terminal: plain text, and in colour with links."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.text import Text

from bot.domain.model import Digest
from bot.rendering.arc import ArcView
from bot.rendering.extras import Extra
from bot.rendering.safe import defuse
from bot.rendering.texts import Texts
from bot.rendering.view import DigestView, ItemView, SentenceView, SideView, SourceView, view_digest
from bot.rendering.wrap import wrap

INDENT = "   "
SOURCE_INDENT = "     "

# Set apart on light and dark terminals alike; "elsewhere" stays in the plain colour.
SIDE_STYLES = ("bold cyan", "bold magenta", "bold")


def render_text(digest: Digest, texts: Texts, *, width: int = 88) -> str:
    """Return the digest as plain text of at most ``width`` cells a line; addresses stay whole."""
    view = view_digest(digest, texts)
    return "\n".join(defuse(line) for line in _lines(view, width)) + "\n"


def render_console(digest: Digest, texts: Texts) -> RenderableType:
    """Return the digest for a ``rich`` console: styled, the titles and marks being links."""
    view = view_digest(digest, texts)
    extras = (part for extra in view.extras for part in _extra(extra))
    stories = (part for item in view.items for part in _item(item))
    return Group(*_header(view), *_arc(view.arc), *extras, *stories, _end(view))


def _lines(view: DigestView, width: int) -> Iterator[str]:
    yield from wrap(view.heading, width)
    yield from wrap(f"{view.edition} · {view.as_of}", width)
    if view.late:
        yield from wrap(view.late, width)
    yield from wrap(view.summary, width)
    if view.arc:
        yield from _arc_lines(view.arc, width)
    for extra in view.extras:
        yield ""
        yield from _extra_lines(extra, width)
    for item in view.items:
        yield ""
        yield from _item_lines(item, width)
    if view.footer:
        yield ""
        yield from wrap(view.footer, width)


def _arc_lines(arc: ArcView, width: int) -> Iterator[str]:
    yield ""
    yield from wrap(arc.title, width)
    for week in arc.issues:
        yield from _indented(week.line, width)
        yield from wrap(week.headline, width, first=SOURCE_INDENT, rest=SOURCE_INDENT)
    yield from _indented(arc.note, width)


def _extra_lines(extra: Extra, width: int) -> Iterator[str]:
    yield from wrap(extra.heading, width, first="» ", rest="  ")
    for line in extra.lines:
        yield from _indented(line, width)
    if extra.label:
        yield from _indented(extra.label, width)
    for link in extra.links:
        yield from wrap(link.text, width, first=f"{INDENT}- ", rest=SOURCE_INDENT)
        if link.url:
            yield f"{SOURCE_INDENT}{link.url}"


def _item_lines(item: ItemView, width: int) -> Iterator[str]:
    number = f"{item.number}. "
    yield from wrap(item.headline, width, first=number, rest=INDENT)
    yield from _indented(" · ".join(item.labels), width)
    for note in filter(None, (item.foreign, item.correction, item.made)):
        yield from _indented(note, width)
    if item.since:
        yield ""
        yield from _indented(_since(item), width)
    if item.sentences:
        yield ""
        yield from _indented(" ".join(map(_sentence_text, item.sentences)), width)
    if item.perspectives:
        yield ""
    for view in item.perspectives:
        yield from _indented(f"{view.name}: {_sentence_text(view.sentence)}", width)
    for side in item.told_sides:
        yield ""
        yield from _side_lines(side, width)
    if item.notes:
        yield ""
    for note in item.notes:
        yield from wrap(note, width, first=f"{INDENT}· ", rest=SOURCE_INDENT)


def _indented(text: str, width: int) -> Iterator[str]:
    return wrap(text, width, first=INDENT, rest=INDENT)


def _sentence_text(sentence: SentenceView) -> str:
    return f"{sentence.text} {''.join(f'[{s.number}]' for s in sentence.sources)}".rstrip()


def _since(item: ItemView) -> str:
    told = f" — {_sentence_text(item.news)}" if item.news else ""
    return f"{item.since}{told}"


def _side_title(side: SideView) -> str:
    return f"{side.name} · {side.line}" if side.line else side.name


def _side_lines(side: SideView, width: int) -> Iterator[str]:
    yield from _indented(_side_title(side), width)
    for source in side.sources:
        first = f"{INDENT}[{source.number}] "
        yield from wrap(_source_text(source), width, first=first, rest=SOURCE_INDENT + "  ")
        if source.url:
            yield f"{SOURCE_INDENT}  {source.url}"


def _source_text(source: SourceView) -> str:
    foreign = f" ({source.translation or source.foreign})" if source.foreign else ""
    return f"{source.outlet} — {source.title}{foreign} · {source.when}"


def _header(view: DigestView) -> Iterator[RenderableType]:
    yield Text(view.heading, style="bold")
    yield Text(f"{view.edition} · {view.as_of}", style="dim")
    if view.late:
        yield Text(view.late, style="bold yellow")
    yield Text(view.summary)


def _arc(arc: ArcView | None) -> Iterator[RenderableType]:
    if arc is None:
        return
    yield Text(f"\n{arc.title}", style="bold")
    for week in arc.issues:
        yield _padded(Text(week.line))
        link = Style(link=week.url, underline=week.url is not None)
        yield Padding(Text(week.headline, style=link), (0, 0, 0, len(SOURCE_INDENT)))
    yield _padded(Text(arc.note, style="dim"))


def _extra(extra: Extra) -> Iterator[RenderableType]:
    yield Text(f"\n» {extra.heading}", style="bold yellow" if extra.is_correction else "bold blue")
    yield from (_padded(Text(line)) for line in extra.lines)
    if extra.label:
        yield _padded(Text(extra.label, style="dim"))
    for link in extra.links:
        style = Style(link=link.url, underline=link.url is not None)
        yield _padded(Text(f"- {link.text}", style=style))


def _end(view: DigestView) -> RenderableType:
    return Text(f"\n{view.footer}", style="dim italic") if view.footer else Text()


def _item(item: ItemView) -> Iterator[RenderableType]:
    yield Text(f"\n{item.number}. {item.headline}", style="bold")
    yield _padded(_labels(item))
    for note in filter(None, (item.foreign, item.correction, item.made)):
        yield _padded(Text(note, style="italic"))
    if item.since:
        yield Text()
        yield _padded(_since_told(item))
    if item.sentences:
        yield Text()
        yield _padded(Text(" ").join(map(_sentence, item.sentences)))
    if item.perspectives:
        yield Text()
    for view in item.perspectives:
        yield _padded(Text(f"{view.name}: ", style="bold") + _sentence(view.sentence))
    for side in item.told_sides:
        yield Text()
        yield _padded(_side_heading(side))
        yield from (_padded(_source(source)) for source in side.sources)
    if item.notes:
        yield Text()
    yield from (_padded(Text(f"· {note}", style="dim")) for note in item.notes)


def _since_told(item: ItemView) -> Text:
    text = Text(item.since, style="bold yellow")
    return text + Text(" — ") + _sentence(item.news) if item.news else text


def _side_heading(side: SideView) -> Text:
    text = Text(side.name, style=SIDE_STYLES[side.place])
    return text + Text(f" · {side.line}", style="dim") if side.line else text


def _padded(text: Text) -> RenderableType:
    return Padding(text, (0, 0, 0, len(INDENT)))


def _labels(item: ItemView) -> Text:
    mark = Text(item.mark, style="bold yellow" if item.is_update else "bold green")
    return Text(" · ").join([mark, *(Text(label, style="dim") for label in item.labels[1:])])


def _sentence(sentence: SentenceView) -> Text:
    text = Text(f"{sentence.text} ")
    for source in sentence.sources:
        text.append(f"[{source.number}]", style=_link(source))
    return text


def _source(source: SourceView) -> Text:
    text = Text(f"[{source.number}] {source.outlet} — ")
    text.append(source.title, style=_link(source))
    if source.foreign:
        text.append(f" ({source.translation or source.foreign})", style="dim")
    text.append(f" · {source.when}", style="dim")
    return text


def _link(source: SourceView) -> Style:
    return Style(link=source.url, underline=source.url is not None)
