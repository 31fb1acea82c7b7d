from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.compose import compose_item
from bot.domain.lens import Lens, Viewpoint, look, new_since
from bot.domain.model import (
    CitedSentence,
    Counted,
    CountsDiffer,
    CountTold,
    DigestItem,
    ItemKind,
    Language,
    Perspective,
    Story,
    StoryRef,
    Summary,
)
from bot.domain.silence import PATIENCE, silent_sides
from tests.builders import NOW, entry, story

SIDES = ("KR", "JP")
BEGAN = NOW - timedelta(hours=10)
LATE, EARLY = NOW - timedelta(hours=1), NOW - timedelta(hours=9)


def told_in_korea(**changes: Any) -> Story:
    entries = (entry(1), entry(2, outlet="namsan", outlet_name="Namsan Herald"))
    return replace(story(entries=entries, first_seen_at=BEGAN), **changes)


def silent(answers: list[datetime | None], of: Story | None = None) -> tuple[str, ...]:
    return silent_sides(of or told_in_korea(), SIDES, {"JP": answers}, now=NOW)


def test_a_side_that_answered_and_has_not_the_story_is_silent() -> None:
    """Three outlets of it were asked after the story was six hours old."""
    assert silent([LATE, LATE, LATE]) == ("JP",)


def test_nobody_is_accused_for_our_failures() -> None:
    """Feeds that failed, answered too early, or are too few or the lesser part, prove nothing."""
    assert silent([]) == ()
    assert silent([None, None, None]) == ()
    assert silent([EARLY, EARLY, EARLY]) == ()
    assert silent([LATE, LATE]) == ()
    assert silent([LATE, LATE, LATE, EARLY, EARLY, EARLY, None]) == ()


def test_a_young_story_leaves_time() -> None:
    """And a story of one outlet is none that a country could be missing."""
    young = told_in_korea(first_seen_at=NOW - PATIENCE + timedelta(minutes=1))
    assert silent([NOW, NOW, NOW], of=young) == ()
    assert silent([LATE, LATE, LATE], of=story(first_seen_at=BEGAN)) == ()


def test_a_side_that_reports_is_not_silent() -> None:
    """One report is enough."""
    both = told_in_korea(
        entries=(entry(1), entry(2, outlet="toto", outlet_name="Toto", country="JP"))
    )
    assert silent([LATE, LATE, LATE], of=both) == ()


def grown() -> Story:
    """Return a story of which two reports were told, and two more arrived."""
    hours = [(1, "KR"), (2, "KR"), (3, "JP"), (4, "KR")]
    entries = tuple(
        entry(n, country=country, outlet=f"o{n}", outlet_name=f"O{n}", seen_at=NOW + timedelta(n))
        for n, country in hours
    )
    return story(
        entries=entries, version=4, earlier=(StoryRef(id=9, headline="h", last_seen_at=NOW),)
    )


def seen(
    kind: ItemKind, *, newest: CitedSentence | None = None, summary: Summary | None = None
) -> DigestItem:
    summary = summary or Summary(
        language="en",
        headline="Leaders meet",
        sentences=(CitedSentence(text="They met.", cites=("2",)),),
        method="extractive",
    )
    lens = Lens(
        viewpoint=Viewpoint(
            counts=lambda entries: (
                CountsDiffer(
                    what=Counted.ATTENDED,
                    told=(
                        CountTold(value="500", reports=(1,)),
                        CountTold(value="900", reports=(3, 4)),
                    ),
                ),
            )
        ),
        sides=SIDES,
        language=Language.EN,
        now=NOW,
        told={1: 2},
        updates={1: 1},
    )
    return look(compose_item(grown(), kind, summary), grown(), summary, lens, newest)


def test_new_reports_are_those_that_arrived_after_the_version_told() -> None:
    """Whenever they say that they were published."""
    assert [e.id for e in new_since(grown(), 2)] == [3, 4]
    assert new_since(grown(), 9) == ()


def test_an_update_is_counted_and_says_what_is_new() -> None:
    """Two more reports, now in Japan too, with the newest sentence and its source's number."""
    newest = CitedSentence(text="A date was set.", cites=("4",))
    item = seen(ItemKind.UPDATE, newest=newest)
    numbers = {source.entry_id: source.number for source in item.sources}
    assert item.update == 2
    assert item.news is not None
    assert (item.news.reports, item.news.sides) == (2, ("JP",))
    assert item.news.sentence is not None
    assert item.news.sentence.sources == (numbers[4],)


def test_what_the_summary_says_is_not_said_twice() -> None:
    """The newest sentence may be one of the summary's."""
    item = seen(ItemKind.UPDATE, newest=CitedSentence(text="They met.", cites=("2",)))
    assert item.news is not None
    assert item.news.sentence is None


def test_a_models_change_goes_before_an_extracted_one() -> None:
    """It was checked against the reports, and says what changed rather than what is new."""
    changed = CitedSentence(text="The date moved.", cites=("3",))
    summary = Summary(
        language="en", headline="h", sentences=(), method="llm", changed=changed,
        perspectives=(Perspective(side="JP", text="Relief.", cites=("3",)),),
        titles=(CitedSentence(text="Leaders set a date", cites=("3",)),),
    )  # fmt: skip
    item = seen(ItemKind.UPDATE, newest=CitedSentence(text="x", cites=("4",)), summary=summary)
    numbers = {source.entry_id: source.number for source in item.sources}
    assert item.news is not None
    assert item.news.sentence is not None
    assert item.news.sentence.text == "The date moved."
    assert [(p.side, p.sources) for p in item.perspectives] == [("JP", (numbers[3],))]
    assert {s.entry_id: s.translation for s in item.sources if s.translation} == {
        3: "Leaders set a date"
    }


def test_a_new_story_has_nothing_since() -> None:
    """Its numbers, and the stories before it, are told all the same."""
    item = seen(ItemKind.NEW)
    numbers = {source.entry_id: source.number for source in item.sources}
    assert (item.update, item.news) == (0, None)
    assert [one.reports for one in item.counts[0].told] == [
        (numbers[1],),
        (numbers[3], numbers[4]),
    ]
    assert [ref.id for ref in item.earlier] == [9]
