"""Queries, filters and the order of what is found."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InputError
from bot.domain.search import (
    FIRST_YEAR,
    LONGEST_QUERY,
    MOST_CLAUSES,
    MOST_OPEN,
    Filters,
    Hit,
    entry_words,
    filter_words,
    group,
    parse_query,
)
from tests.builders import NOW, entry


def shown(text: str) -> list[str]:
    """Return the clauses in brief: ``-`` excluded, ``|`` between phrases, ``*`` open."""
    return [
        "-" * clause.excluded
        + "|".join(" ".join(p.words) + "*" * p.is_open for p in clause.phrases)
        for clause in parse_query(text).clauses
    ]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("court ruling", ["court", "ruling"]),
        ('"court ruling"', ["court ruling"]),
        ("“court ruling”", ["court ruling"]),
        ("seoul -busan", ["seoul", "-busan"]),
        ('seoul -"court ruling"', ["seoul", "-court ruling"]),
        ("a b OR c | d e", ["a", "b|c|d", "e"]),
        ("semicon* ab*", ["semicon*", "ab"]),
        ("한일회담", ["한일 일회 회담|한일 회담"]),
        ("NEAR(x) col:y ^z", ["near x", "col y", "z"]),
        ("OR x OR", ["x"]),
        ("x OR -y", ["x", "-y"]),
    ],
)
def test_queries(text: str, clauses: list[str]) -> None:
    """Words, phrases, unwanted and either; a database's own syntax is only words."""
    assert shown(text) == clauses


@pytest.mark.parametrize("text", ["", "   ", "!!! ???", '""', "|", "OR", "-", "\x00\x01", "の"])
def test_nothing_to_look_for_is_told(text: str) -> None:
    """Punctuation, particles and control characters are no words."""
    with pytest.raises(InputError, match="nothing to search for"):
        parse_query(text)


def test_a_search_needs_something_wanted() -> None:
    """Everything except one word is nearly everything."""
    with pytest.raises(InputError, match="only what is not wanted"):
        parse_query("-seoul")


def test_too_long_a_search_is_told() -> None:
    """In one sentence with the limit, not with the 10,000 characters."""
    with pytest.raises(InputError, match=f"write {LONGEST_QUERY} at most") as caught:
        parse_query("x" * 10_000)
    assert len(str(caught.value)) < 100
    with pytest.raises(InputError, match=f"write {MOST_CLAUSES} at most"):
        parse_query(" ".join(f"a{n}" for n in range(MOST_CLAUSES + 1)))


def test_few_words_may_be_open() -> None:
    """Each costs far more than a whole word."""
    assert shown("abc* def*") == ["abc*", "def*"]
    with pytest.raises(InputError, match=f"with \\*: write {MOST_OPEN} at most"):
        parse_query("abc* def* OR ghi*")


@given(st.text(max_size=LONGEST_QUERY * 2))
def test_any_text_is_a_query_or_a_sentence(text: str) -> None:
    """Nothing that is typed raises anything else."""
    with suppress(InputError):
        assert parse_query(text).wanted


MOMENTS = st.datetimes(
    datetime(2010, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def passes(published_at: datetime, filters: Filters) -> bool:
    held = set(entry_words(entry(published_at=published_at)))
    return all(held & set(flags) for flags in filter_words(filters))


@given(MOMENTS, MOMENTS, st.timedeltas(timedelta(), timedelta(days=3000)))
def test_the_flags_of_a_period_miss_nothing(
    published_at: datetime, since: datetime, length: timedelta
) -> None:
    """They are coarse, but whatever was published within the period passes."""
    until = since + length
    if since <= published_at <= until:
        assert passes(published_at, Filters(since=since, until=until))
        assert passes(published_at, Filters(until=until))
    elif published_at.year > FIRST_YEAR and published_at - until > timedelta(days=31):
        assert not passes(published_at, Filters(since=since, until=until))


def hit(number: int, title: str, *, story: int | None, days: int = 0) -> Hit:
    made = entry(number, title=title, published_at=NOW - timedelta(days=days))
    return Hit(entry=made, story_id=story)


def order(*hits: Hit, query: str = "dokdo") -> list[list[int]]:
    groups = group(hits, parse_query(query), now=NOW)
    return [[report.id for report in found.reports] for found in groups]


def test_a_story_is_found_once_with_its_reports() -> None:
    """The best report first."""
    found = order(hit(1, "Talks", story=7), hit(2, "Dokdo talks", story=7))
    assert found == [[2, 1]]


def test_titles_stand_before_texts_and_news_before_history() -> None:
    """A word in the title weighs more; of like reports the newer one comes first."""
    assert order(hit(1, "Talks", story=1), hit(2, "Dokdo", story=2)) == [[2], [1]]
    assert order(hit(1, "Dokdo", story=1, days=90), hit(2, "Dokdo", story=2)) == [[2], [1]]
    assert order(hit(1, "Dokdo", story=1, days=300), hit(2, "Talks", story=2)) == [[2], [1]]


def test_stories_stand_before_lone_reports() -> None:
    """What matters to no topic comes last."""
    assert order(hit(1, "Dokdo", story=None), hit(2, "Talks", story=2)) == [[2], [1]]
