"""Choosing a story's headline among the reports' titles."""

from bot.summarize.headline import choose_headline


def test_the_title_that_the_others_bear_out_is_taken() -> None:
    """Words that stand in most reports beat words of one report alone."""
    titles = [
        "Orchids delight visitors at the embassy garden party tonight",
        "Seoul and Tokyo sign accord on fishing grounds near Tsushima",
    ]
    sources = [*titles, "Seoul and Tokyo signed an accord on fishing grounds near Tsushima."]
    assert choose_headline(titles, sources, language="en") == titles[1]


def test_a_neutral_title_beats_a_question_and_a_quotation() -> None:
    """Of titles with the same words the one that asks or quotes is not taken."""
    plain = "両国が漁業協定に署名"
    loaded = ["両国が漁業協定に署名？", "「両国が漁業協定に署名」"]
    assert choose_headline([*loaded, plain], [*loaded, plain], language="ja") == plain


def test_a_single_title_is_the_headline() -> None:
    """One report has one title, and it needs no agreement."""
    assert choose_headline(["!"], ["!"], language="ko") == "!"
