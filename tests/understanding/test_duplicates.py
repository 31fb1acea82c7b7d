"""Copies, and texts that only resemble each other."""

from collections.abc import Callable
from datetime import timedelta

from bot.domain.model import Entry
from bot.understanding.duplicates import WINDOW, Duplicates, signature

TEXT = (
    "The two ministers met for two hours in Seoul and agreed to hold working talks every month, "
    "officials of both sides said."
)
TITLE = "Ministers agree to monthly working talks in Seoul"


def original_of(duplicates: Duplicates, entry: Entry) -> int | None:
    """Read an entry as the reader does where nothing is relevant."""
    new = signature(entry)
    copied = duplicates.copied(new)
    origin = duplicates.origin_of(copied[0]) if copied else None
    duplicates.remember(new, origin)
    return origin


def test_a_syndicated_copy_is_found(make_entry: Callable[..., Entry]) -> None:
    """Another outlet prints the agency's text under its own address and title."""
    duplicates = Duplicates()
    assert original_of(duplicates, make_entry(1, TITLE, TEXT)) is None
    copy = make_entry(2, "Monthly working talks agreed in Seoul - Other Times", TEXT, hours=3)
    assert original_of(duplicates, copy) == 1


def test_a_copy_of_a_copy_names_the_original(make_entry: Callable[..., Entry]) -> None:
    """The first entry stands for all of them."""
    duplicates = Duplicates()
    for id_ in (1, 2):
        original_of(duplicates, make_entry(id_, TITLE, TEXT, hours=id_))
    assert original_of(duplicates, make_entry(3, f"{TITLE} - Third", TEXT, hours=9)) == 1


def test_a_re_addressed_entry_is_found(make_entry: Callable[..., Entry]) -> None:
    """The same title and text at another address."""
    duplicates = Duplicates()
    original_of(duplicates, make_entry(1, TITLE, TEXT))
    assert original_of(duplicates, make_entry(2, TITLE, TEXT, url="https://m.example/2")) == 1


def test_a_growing_report_is_no_copy(make_entry: Callable[..., Entry]) -> None:
    """[속보] and its (종합) are one story, but the second has more to say."""
    duplicates = Duplicates()
    original_of(duplicates, make_entry(1, "[속보] 한일 외교장관 회담 시작", "회담이 시작됐다."))
    text = "양국 장관은 회담에서 수산물과 과거사 문제를 논의하고 다음 달 다시 만나기로 했다."
    later = make_entry(2, "한일 외교장관, 다음달 재회동 합의(종합)", text, hours=2)
    assert original_of(duplicates, later) is None


def test_daily_templates_never_merge(make_entry: Callable[..., Entry]) -> None:
    """A title that returns each day, and a text that differs in its numbers alone."""
    duplicates = Duplicates()
    text = "Tokyo will be cloudy with a high of {} degrees and light wind from the north-west."
    original_of(duplicates, make_entry(1, "Weather forecast for the day", text.format(21)))
    assert (
        original_of(
            duplicates, make_entry(2, "Weather forecast for the day", text.format(24), hours=24)
        )
        is None
    )
    original_of(
        duplicates, make_entry(3, "World News Quick Take", "A storm hit the coast.", hours=25)
    )
    assert (
        original_of(
            duplicates,
            make_entry(4, "World News Quick Take", "Two trains were late in Osaka.", hours=49),
        )
        is None
    )


def test_one_lead_under_unlike_titles_is_a_template(make_entry: Callable[..., Entry]) -> None:
    """Advertisements and series begin alike and are about different things."""
    duplicates = Duplicates()
    original_of(duplicates, make_entry(1, "A smart watch for little money", TEXT))
    assert (
        original_of(duplicates, make_entry(2, "Noodles like grandmother's", TEXT, hours=1)) is None
    )


def test_a_text_is_no_copy_of_its_bare_headline(make_entry: Callable[..., Entry]) -> None:
    """The flash comes without a text; the report that follows has something to add."""
    duplicates = Duplicates()
    original_of(duplicates, make_entry(1, f"[속보] {TITLE}"))
    assert original_of(duplicates, make_entry(2, TITLE, TEXT, hours=1)) is None
    assert original_of(duplicates, make_entry(3, TITLE, hours=2)) == 1


def test_issued_and_lifted_are_two(make_entry: Callable[..., Entry]) -> None:
    """Short texts that differ in the word that matters."""
    duplicates = Duplicates()
    original_of(duplicates, make_entry(1, "Tsunami warning issued", "The agency issued a warning."))
    later = make_entry(2, "Tsunami warning lifted", "The agency lifted its warning.", hours=3)
    assert original_of(duplicates, later) is None


def test_a_short_title_without_text_says_too_little(make_entry: Callable[..., Entry]) -> None:
    """[사진] and its like come back with another picture."""
    duplicates = Duplicates()
    original_of(duplicates, make_entry(1, "[포토]"))
    assert original_of(duplicates, make_entry(2, "[포토]", hours=1)) is None


def test_what_is_older_than_the_window_is_forgotten(make_entry: Callable[..., Entry]) -> None:
    """Memory holds days, not years."""
    duplicates = Duplicates()
    original_of(duplicates, make_entry(1, TITLE, TEXT))
    hours = WINDOW / timedelta(hours=1) + 1
    assert original_of(duplicates, make_entry(2, TITLE, TEXT, hours=hours)) is None
    assert original_of(duplicates, make_entry(3, TITLE, TEXT, hours=hours + 1)) == 2


def test_an_entry_read_again_is_no_copy_of_itself(make_entry: Callable[..., Entry]) -> None:
    """Its old text is forgotten for its new one, which copies are found by from then on."""
    duplicates = Duplicates()
    original_of(duplicates, make_entry(1, TITLE, TEXT))
    assert duplicates.copied(signature(make_entry(1, TITLE, TEXT + " More."))) == []
    again = make_entry(1, "The ferry to Fukuoka sails again after the fog", TEXT[::-1])
    assert original_of(duplicates, again) is None
    assert original_of(duplicates, make_entry(2, TITLE, TEXT, hours=1)) is None
    copy = make_entry(3, again.title, again.text, hours=2)
    assert original_of(duplicates, copy) == 1


def test_an_entry_read_again_is_forgotten_whole(make_entry: Callable[..., Entry]) -> None:
    """Nothing still leads to it once it is older than the window."""
    duplicates = Duplicates()
    for text in (TEXT, TEXT + " More was not said."):
        original_of(duplicates, make_entry(1, TITLE, text))
    hours = WINDOW / timedelta(hours=1) + 1
    assert original_of(duplicates, make_entry(2, TITLE, TEXT, hours=hours)) is None


def test_an_old_entry_read_again_finds_no_later_copies(make_entry: Callable[..., Entry]) -> None:
    """It was seen before the window, however late its text changed."""
    duplicates = Duplicates()
    hours = WINDOW / timedelta(hours=1) + 1
    original_of(duplicates, make_entry(1, "The ferry to Fukuoka sails again", hours=hours))
    original_of(duplicates, make_entry(2, TITLE, TEXT))
    assert original_of(duplicates, make_entry(3, TITLE, TEXT, hours=hours)) is None


def test_a_lengthened_report_is_a_copy_within_its_outlet(make_entry: Callable[..., Entry]) -> None:
    """A sentence added at the end is no other report; another outlet's is its own."""
    longer = TEXT + " They will meet again in Tokyo in the spring, the spokesman added later."
    duplicates = Duplicates()
    original_of(duplicates, make_entry(1, TITLE, TEXT))
    title = "Ministers in Seoul agree to monthly working talks and a spring meeting"
    assert original_of(duplicates, make_entry(2, title, longer, hours=1)) == 1
    elsewhere = make_entry(3, title, longer, hours=2, outlet="other")
    assert duplicates.copied(signature(elsewhere)) == [2]


def test_a_body_that_stood_under_an_unrelated_title_is_a_template(
    make_entry: Callable[..., Entry],
) -> None:
    """From then on it takes the same title to be a copy."""
    duplicates = Duplicates()
    original_of(duplicates, make_entry(1, "What figs after a meal do to you, and why", TEXT))
    original_of(duplicates, make_entry(2, "Noodles like grandmother's", TEXT, hours=1))
    other = make_entry(3, "What albumin after a meal does to you, and why", TEXT, hours=2)
    assert original_of(duplicates, other) is None
    assert original_of(duplicates, make_entry(4, "Noodles like grandmother's", TEXT, hours=3)) == 2


def test_alphabetic_titles_must_share_more(make_entry: Callable[..., Entry]) -> None:
    """Two tables of one tournament begin alike: their titles share letters by chance."""
    duplicates = Duplicates()
    original_of(duplicates, make_entry(1, "Andreeva stays fifth in new WTA Top-10 Rankings", TEXT))
    later = make_entry(2, "Khachanov falls one spot to tenth in latest ATP Rankings", TEXT, hours=1)
    assert original_of(duplicates, later) is None
