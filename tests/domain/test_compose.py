from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.compose import choose, compose, compose_item, documents, news_of
from bot.domain.model import CitedSentence, ItemKind, Language, Story, Summary
from bot.domain.ranking import rank, score
from tests.builders import NOW, entry, story, topic

STORIES = st.lists(
    st.builds(
        story,
        number=st.integers(1, 10_000),
        version=st.integers(1, 9),
        last_seen_at=st.integers(0, 72).map(lambda hours: NOW - timedelta(hours=hours)),
    ),
    unique_by=lambda s: s.id,
    max_size=20,
)


def summary(*cites: tuple[int, ...]) -> Summary:
    sentences = [
        CitedSentence(text=f"Sentence {place}.", cites=tuple(str(cite) for cite in cited))
        for place, cited in enumerate(cites)
    ]
    return Summary(language="en", headline="Headline", sentences=tuple(sentences), method="x")


@given(stories=STORIES, told=st.dictionaries(st.integers(1, 10_000), st.integers(1, 9)))
def test_nothing_is_told_twice(stories: list[Story], told: dict[int, int]) -> None:
    """A story is chosen only if it is untold, or has grown since it was told."""
    chosen = choose(stories, told=told, topic=topic(), limit=5, now=NOW)
    for picked, kind in chosen.stories:
        assert picked.version > told.get(picked.id, 0)
        assert kind is (ItemKind.UPDATE if picked.id in told else ItemKind.NEW)
    fresh = [s for s in stories if s.version > told.get(s.id, 0)]
    assert len(chosen.stories) == min(5, len(fresh))
    assert len(chosen.stories) + chosen.left_out == len(fresh)


@given(stories=STORIES)
def test_ranking_does_not_depend_on_the_order_given(stories: list[Story]) -> None:
    """The same stories give the same digest, however the database lists them."""
    ranked = rank(stories, sides=("JP", "KR"), now=NOW)
    assert ranked == rank(stories[::-1], sides=("JP", "KR"), now=NOW)
    assert sorted(s.id for s in ranked) == sorted(s.id for s in stories)


def test_a_story_of_both_sides_outweighs_one_of_one_side() -> None:
    """Two outlets of two countries weigh more than two of one country."""
    both = story(entries=(entry(1, outlet="a", country="KR"), entry(2, outlet="b", country="JP")))
    one = story(entries=(entry(1, outlet="a", country="KR"), entry(2, outlet="b", country="KR")))
    sides = ("JP", "KR")
    assert score(both, sides=sides, now=NOW) > score(one, sides=sides, now=NOW)


def test_yesterdays_story_gives_way_to_todays() -> None:
    """Of two alike the newer one comes first."""
    old = story(1, last_seen_at=NOW - timedelta(hours=40))
    new = story(2, last_seen_at=NOW - timedelta(hours=1))
    assert [s.id for s in rank([old, new], sides=("JP", "KR"), now=NOW)] == [2, 1]


def test_sentences_cite_the_sources_by_their_numbers() -> None:
    """Cited sources are numbered in order of citation, the others follow by time."""
    told = story(entries=tuple(entry(number) for number in (1, 2, 3, 4)))
    item = compose_item(told, ItemKind.NEW, summary((3,), (1, 3)))
    assert [source.entry_id for source in item.sources] == [3, 1, 4, 2]
    assert [sentence.sources for sentence in item.sentences] == [(1,), (1, 2)]


def test_documents_are_named_by_their_entries() -> None:
    """A summary's citations lead back to entries."""
    assert [d.id for d in documents((entry(7), entry(8)))] == ["7", "8"]


def test_a_story_is_told_by_what_is_new_of_it() -> None:
    """Reports of days ago are summarized only where there are no newer ones."""
    grown = story(entries=(entry(50), entry(2), entry(1)))
    day_ago = NOW - timedelta(hours=24)
    assert [e.id for e in news_of(grown, since=day_ago)] == [2, 1]
    assert news_of(grown, since=NOW) == grown.entries


def test_a_digest_counts_what_it_was_made_from() -> None:
    """Reports and outlets of the stories told, and the stories left out."""
    items = [compose_item(story(entries=(entry(1), entry(2))), ItemKind.NEW, summary((1,)))]
    made = compose(
        items,
        topic=topic(),
        language=Language.EN,
        zone="UTC",
        since=NOW - timedelta(days=1),
        until=NOW,
        left_out=3,
    )
    assert (made.entries_read, made.outlets_read, made.stories_left_out) == (2, 1, 3)
    assert made.topic_title == "Japan–Korea relations"


def test_a_quiet_days_digest_counts_what_was_read() -> None:
    """So that silence can be told from a bot that reads nothing."""
    made = compose(
        [],
        topic=topic(),
        language=Language.EN,
        zone="UTC",
        since=NOW - timedelta(days=1),
        until=NOW,
        left_out=0,
        read=(43, 14),
    )
    assert (made.entries_read, made.outlets_read) == (43, 14)
