"""What is left to tell of a story where a report is taken out, or its words may not be used."""

from dataclasses import replace

import pytest

from bot.domain.corrections import Correction, CorrectionKind, corrected, corrected_digest
from bot.domain.model import (
    Counted,
    CountsDiffer,
    CountTold,
    DigestItem,
    DigestPerspective,
    DigestSentence,
    Issue,
    IssueWeek,
    ItemKind,
    Language,
    SinceTold,
    Source,
    TermsDiffer,
    TermUse,
)
from bot.domain.remaining import without_reports, without_words
from tests.builders import NOW
from tests.rendering.conftest import a_digest

ALONE = DigestSentence(text="Only the second says this.", sources=(2,))
BOTH = DigestSentence(text="Both say this.", sources=(1, 2))
NEWEST = DigestSentence(text="The newest of it.", sources=(2,))


def source(number: int, outlet: str) -> Source:
    return Source(
        number=number,
        entry_id=10 + number,
        outlet_name=outlet,
        country="KR",
        language="en",
        title=f"Title {number}",
        url=f"https://example.org/{number}",
        published_at=NOW,
    )


@pytest.fixture
def item() -> DigestItem:
    """A story of two reports that differ in a name and a number, told with all that there is."""
    uses = tuple(TermUse(outlets=(n,), written=(n,), label=n) for n in ("Hanbit", "Asahi"))
    told = (CountTold(value="3", reports=(1,)), CountTold(value="5", reports=(2,)))
    return DigestItem(
        story_id=1,
        story_version=2,
        kind=ItemKind.UPDATE,
        headline="H",
        language="en",
        issue=Issue.COURTS,
        sentences=(ALONE, BOTH),
        sources=(source(1, "Hanbit"), source(2, "Asahi")),
        first_seen_at=NOW,
        last_seen_at=NOW,
        method="extractive",
        news=SinceTold(reports=1, sentence=NEWEST),
        perspectives=(DigestPerspective(side="KR", text="It stresses this.", sources=(2,)),),
        terms=(TermsDiffer(name="Islets", uses=uses),),
        counts=(CountsDiffer(what=Counted.INJURED, told=told),),
        silent=("JP",),
    )


def test_what_only_a_removed_report_said_goes_everywhere(item: DigestItem) -> None:
    """In the summary, the newest sentence, a side's view, names and numbers; the rest stays."""
    left = without_reports(item, {2})
    assert left.sentences == (replace(BOTH, sources=(1,)),)
    assert [one.number for one in left.sources] == [1]
    assert left.news == SinceTold(reports=1)
    assert (left.perspectives, left.terms, left.counts) == ((), (), ())


def test_a_number_that_another_report_tells_too_stays(item: DigestItem) -> None:
    """With the marks of those that are left."""
    told = (CountTold(value="3", reports=(1,)), CountTold(value="5", reports=(2, 3)))
    sources = (*item.sources, source(3, "Asahi"))
    counts = (CountsDiffer(what=Counted.INJURED, told=told),)
    left = without_reports(replace(item, counts=counts, sources=sources), {2})
    assert [one.reports for one in left.counts[0].told] == [(1,), (3,)]
    # Its outlet has another report, in which the name may stand as well.
    assert left.terms == item.terms


def test_words_of_a_limited_report_go_and_its_link_stays(item: DigestItem) -> None:
    """Even where another report says the same."""
    left = without_words(item, {2})
    assert left.sentences == ()
    assert left.news == SinceTold(reports=1)
    assert (left.perspectives, left.terms, left.counts) == ((), (), ())
    assert left.sources == item.sources


def a_correction(kind: CorrectionKind, *, before: str = "", after: str = "") -> Correction:
    return Correction(
        story_id=1,
        kind=kind,
        reason="Wrong.",
        made_by="a",
        made_at=NOW,
        language="en",
        before=before,
        after=after,
    )


def test_a_withdrawn_story_says_nothing_at_all(item: DigestItem) -> None:
    """Neither in its summary nor beside it."""
    left = corrected(item, [a_correction(CorrectionKind.WITHDRAW)])
    assert (left.headline, left.sentences, left.sources, left.news) == ("", (), (), None)
    beside = (left.perspectives, left.terms, left.counts, left.silent, left.earlier)
    assert beside == ((), (), (), (), ())
    assert left.status is None


@pytest.mark.parametrize("after", ["It was not so.", ""])
def test_the_newest_sentence_of_an_update_is_mended_too(item: DigestItem, after: str) -> None:
    """Or taken out, where nothing stands in its place."""
    made = a_correction(CorrectionKind.SENTENCE, before=NEWEST.text, after=after)
    left = corrected(item, [made])
    assert left.news is not None
    assert left.news.sentence == (replace(NEWEST, text=after) if after else None)
    assert left.correction is not None


def test_the_arc_has_no_line_of_a_withdrawn_story(item: DigestItem) -> None:
    """It is told again where the story is."""
    week = IssueWeek(
        issue=Issue.COURTS,
        stories=1,
        reports=2,
        by_day=(0, 0, 0, 0, 0, 0, 2),
        cooperation=0,
        friction=1,
        main_story_id=1,
        headline="H",
        language="en",
        url="https://example.org/1",
    )
    digest = replace(a_digest(Language.EN), items=(item,), arc=(week,))
    gone = [a_correction(CorrectionKind.WITHDRAW)]
    assert corrected_digest(digest, {1: gone}).arc == ()
    again = [*gone, a_correction(CorrectionKind.RESTORE)]
    assert corrected_digest(digest, {1: again}).arc == (week,)
