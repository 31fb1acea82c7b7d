"""What people search for and what they find: queries, filters, hits, and their order."""

from bot.domain.search.index import FIRST_YEAR, Filters, Indexed, entry_words, filter_words
from bot.domain.search.query import (
    LONGEST_QUERY,
    MOST_ALTERNATIVES,
    MOST_CLAUSES,
    MOST_OPEN,
    Clause,
    Item,
    Phrase,
    Query,
    make_query,
    parse_query,
    phrases_of,
    split_query,
)
from bot.domain.search.ranking import FoundGroup, Hit, group, score, with_stories

__all__ = [
    "FIRST_YEAR",
    "LONGEST_QUERY",
    "MOST_ALTERNATIVES",
    "MOST_CLAUSES",
    "MOST_OPEN",
    "Clause",
    "Filters",
    "FoundGroup",
    "Hit",
    "Indexed",
    "Item",
    "Phrase",
    "Query",
    "entry_words",
    "filter_words",
    "group",
    "make_query",
    "parse_query",
    "phrases_of",
    "score",
    "split_query",
    "with_stories",
]
