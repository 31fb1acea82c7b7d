"""What a reader sees of a digest, in words and in order, before any format is chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.lens import ELSEWHERE
from bot.domain.lens import side_of as side_among
from bot.domain.model import Digest, DigestItem, DigestSentence, ItemKind, Source
from bot.rendering import evidence
from bot.rendering.arc import ArcView, view_arc
from bot.rendering.extras import (
    Extra,
    correction_words,
    headline_words,
    made_words,
    view_extras,
)
from bot.rendering.safe import NAME_LIMIT, TITLE_LIMIT, clean, safe_url
from bot.rendering.texts import Texts

# A summary made by this method (or a variant of it: "extractive-…") holds sources' words only.
EXTRACTIVE = "extractive"

# ISO 639-2's code for a language that is not known.
UNDETERMINED = "und"


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceView:
    """A report. ``url`` is None where its address is no safe web address.

    ``foreign`` is the name of its language if it is not the reader's, else empty;
    ``translation`` is its title in the reader's language, where a model gave one.
    """

    number: int
    outlet: str
    title: str
    url: str | None
    language: str
    foreign: str
    when: str
    published_at: datetime
    translation: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SideView:
    """The reports of one side: a country code of the digest's sides, or ``elsewhere``.

    ``place`` is 0 or 1 for the sides, 2 for elsewhere. ``first`` is its first report where the
    story has several outlets, and ``line`` sums the side up where it has several itself.
    ``silent`` says that it could have reported and has not.
    """

    key: str
    name: str
    sources: tuple[SourceView, ...]
    place: int = 0
    line: str = ""
    first: SourceView | None = None
    silent: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SentenceView:
    """A sentence and the sources it cites."""

    text: str
    sources: tuple[SourceView, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PerspectiveView:
    """What a side's reports stress, as a model sums it up."""

    name: str
    sentence: SentenceView


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemView:
    """A story. ``labels`` are shown in order; ``sides`` hold all three, empty ones too.

    ``since`` says what has come since the reader was told, and ``news`` the newest of it.
    """

    number: int
    headline: str
    language: str
    is_update: bool
    mark: str
    issue: str
    when: str
    latest_at: datetime
    single_source: str
    peripheral: str
    foreign: str
    sentences: tuple[SentenceView, ...]
    sides: tuple[SideView, ...]
    coverage: str
    status: str = ""
    since: str = ""
    news: SentenceView | None = None
    perspectives: tuple[PerspectiveView, ...] = ()
    terms: str = ""
    counts: tuple[str, ...] = ()
    earlier: str = ""
    correction: str = ""
    made: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is said of the coverage, a line each: silence, then the remarks."""
        silent = (side.silent for side in self.sides if side.silent)
        return (*silent, *self.remarks)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the outlets' words and numbers, and earlier stories, give to say, a line each."""
        return tuple(line for line in (self.terms, *self.counts, self.earlier) if line)

    @property
    def labels(self) -> tuple[str, ...]:
        """The short words beside the headline."""
        labels = (self.mark, self.issue, self.when, self.single_source, self.peripheral)
        return tuple(label for label in labels if label)

    @property
    def told_sides(self) -> tuple[SideView, ...]:
        """The sides that have reports."""
        return tuple(side for side in self.sides if side.sources)


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestView:
    """A digest in words. ``summary`` says what it was made from, or that there is nothing.

    ``late`` says that and when it was due, where it could not be written then; else empty.
    """

    topic: str
    date: str
    heading: str
    as_of: str
    edition: str
    language: str
    summary: str
    late: str
    items: tuple[ItemView, ...]
    footer: str
    arc: ArcView | None = None
    extras: tuple[Extra, ...] = ()


def view_digest(digest: Digest, texts: Texts) -> DigestView:
    """Put a digest into the words of a language. The text is clean, but not yet escaped."""
    topic = clean(digest.topic_title, TITLE_LIMIT)
    date = texts.date(digest.slot_at or digest.until, digest.zone)
    time = texts.time(digest.until, digest.zone)
    zone = texts.zone_name(digest.until, digest.zone)
    return DigestView(
        topic=topic,
        date=date,
        heading=texts.say("digest.heading", topic=topic, date=date),
        as_of=texts.say("digest.as_of", time=time, zone=zone),
        edition=texts.say("digest.edition"),
        language=texts.language.value,
        summary=_summary(digest, texts),
        late=_late(digest, texts),
        items=tuple(_item(n, item, digest, texts) for n, item in enumerate(digest.items, 1)),
        footer=_footer(digest.items, texts),
        arc=view_arc(digest, texts),
        extras=view_extras(digest, texts),
    )


def side_of(country: str | None, digest: Digest) -> str:
    """Return the side that a country stands for: itself, or ``elsewhere``."""
    return side_among(country, digest.sides)


def _summary(digest: Digest, texts: Texts) -> str:
    reports = texts.count("counts.reports", digest.entries_read)
    outlets = texts.count("counts.outlets", digest.outlets_read)
    if digest.breaking:
        return texts.say("digest.breaking")
    if not digest.items and digest.stories_outside:
        return texts.count("digest.quiet_filtered", digest.stories_outside)
    if not digest.items:
        key = "digest.quiet" if digest.entries_read else "digest.unread"
        return texts.say(key, reports=reports, outlets=outlets)
    stories = texts.count("counts.stories", len(digest.items))
    made_from = texts.say("digest.made_from", stories=stories, reports=reports, outlets=outlets)
    if not digest.stories_left_out:
        return made_from
    return texts.count("digest.left_out", digest.stories_left_out, made_from=made_from)


def _late(digest: Digest, texts: Texts) -> str:
    if not digest.late or digest.slot_at is None:
        return ""
    time = texts.moment(digest.slot_at, seen_from=digest.until, zone=digest.zone)
    late = texts.say("digest.late", time=time)
    if not digest.slots_skipped:
        return late
    return texts.count("digest.skipped", digest.slots_skipped, late=late)


def _footer(items: Sequence[DigestItem], texts: Texts) -> str:
    # An item without sentences shows a source's headline: nobody summarized it.
    told = [item for item in items if item.sentences]
    extracted = all(item.method.startswith(EXTRACTIVE) for item in told)
    return texts.say("digest.extracted" if extracted else "digest.modelled") if told else ""


def _item(number: int, item: DigestItem, digest: Digest, texts: Texts) -> ItemView:
    sources = {source.number: _source(source, digest, texts) for source in item.sources}
    sides = _sides(item, sources, digest, texts)
    latest_at = max((s.published_at for s in item.sources), default=item.last_seen_at)
    alone = len({source.outlet_name for source in item.sources}) == 1
    return ItemView(
        number=number,
        headline=headline_words(item, texts),
        language=_language(item.language, texts),
        is_update=item.kind is ItemKind.UPDATE,
        mark=_mark(item, texts),
        issue=texts.issue(item.issue),
        when=texts.relative(latest_at, seen_from=digest.until),
        latest_at=latest_at,
        single_source=texts.say("story.single_source") if alone else "",
        peripheral=texts.say("story.peripheral") if item.peripheral else "",
        foreign=_foreign_note(item, texts),
        sentences=tuple(_sentence(sentence, sources) for sentence in item.sentences),
        sides=sides,
        coverage=_coverage(sides, texts),
        status=evidence.status_label(item, digest, texts),
        since=evidence.since_told(item, texts),
        news=_sentence(item.news.sentence, sources) if item.news and item.news.sentence else None,
        perspectives=tuple(
            PerspectiveView(
                name=evidence.perspective_side(view.side, digest, texts),
                sentence=_sentence(DigestSentence(text=view.text, sources=view.sources), sources),
            )
            for view in item.perspectives
        ),
        terms=evidence.terms_line(item.terms, texts),
        counts=_counts(item, sources, texts),
        earlier=evidence.earlier_line(item.earlier, digest, texts),
        correction=correction_words(item.correction, digest.zone, texts),
        made=made_words(item.method, texts) if digest.is_page else "",
    )


def _mark(item: DigestItem, texts: Texts) -> str:
    if item.update:
        return texts.say("story.mark_update", number=texts.number(item.update))
    return texts.say(f"story.{item.kind.value}")


def _counts(item: DigestItem, sources: dict[int, SourceView], texts: Texts) -> tuple[str, ...]:
    return tuple(
        evidence.number_line(
            found.what,
            [(one, evidence.marks_of(one.reports, sources)) for one in found.told],
            texts,
        )
        for found in item.counts
    )


def _foreign_note(item: DigestItem, texts: Texts) -> str:
    if item.language == texts.language:
        return ""
    name = clean(texts.language_name(item.language), NAME_LIMIT)
    if any(source.language == texts.language for source in item.sources):
        return texts.say("story.in_language", language=name)
    wanted = texts.language_name(texts.language)
    return texts.say("story.foreign", language=name, wanted=wanted)


def _sentence(sentence: DigestSentence, sources: dict[int, SourceView]) -> SentenceView:
    cited = tuple(sources[number] for number in sentence.sources if number in sources)
    return SentenceView(text=clean(sentence.text), sources=cited)


def _source(source: Source, digest: Digest, texts: Texts) -> SourceView:
    familiar = source.language in {texts.language.value, UNDETERMINED, ""}
    published_at = source.published_at
    return SourceView(
        number=source.number,
        outlet=clean(source.outlet_name, NAME_LIMIT),
        title=clean(source.title, TITLE_LIMIT) or clean(source.url, TITLE_LIMIT),
        url=safe_url(source.url),
        language=_language(source.language, texts),
        foreign="" if familiar else clean(texts.language_name(source.language), NAME_LIMIT),
        when=texts.moment(published_at, seen_from=digest.until, zone=digest.zone),
        published_at=published_at,
        translation=evidence.translated(source),
    )


def _language(code: str, texts: Texts) -> str:
    """Return the code if it names a language, so that nothing else reaches a ``lang``."""
    return code if code in texts.locale.languages else UNDETERMINED


def _sides(
    item: DigestItem, views: dict[int, SourceView], digest: Digest, texts: Texts
) -> tuple[SideView, ...]:
    silent = evidence.silence(item, texts)
    several = len({source.outlet_name for source in item.sources}) > 1
    return tuple(
        _side(key, place, item.sources, views, digest, texts, several=several, silent=silent)
        for place, key in enumerate((*digest.sides, ELSEWHERE))
    )


def _side(
    key: str,
    place: int,
    sources: Sequence[Source],
    views: dict[int, SourceView],
    digest: Digest,
    texts: Texts,
    *,
    several: bool,
    silent: dict[str, str],
) -> SideView:
    own = [source for source in sources if side_of(source.country, digest) == key]
    panel = evidence.panel_of(own, digest, texts) if several else None
    return SideView(
        key=key,
        name=texts.side(key),
        sources=tuple(views[source.number] for source in own),
        place=place,
        line=panel.line if panel else "",
        first=views[panel.first] if panel else None,
        silent=silent.get(key, ""),
    )


def _coverage(sides: Sequence[SideView], texts: Texts) -> str:
    counts = (
        texts.say("story.coverage_side", side=side.name, count=texts.number(len(side.sources)))
        for side in sides
    )
    return texts.say("story.coverage", sides=", ".join(counts))
