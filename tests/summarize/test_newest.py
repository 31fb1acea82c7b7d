from bot.domain.model import Document
from bot.summarize.newest import newest_sentence

OLD = (
    "The foreign ministers met in Busan on Monday to talk about the export controls. "
    "They agreed to meet again in spring."
)
NEW = (
    "The foreign ministers met in Busan on Monday to talk about the export controls. "
    "He promised much. "
    "Seoul will host the next round on 12 March, officials announced late on Tuesday."
)


def document(number: int, text: str, language: str = "en") -> Document:
    return Document(
        id=str(number), title="Talks in Busan", text=text, language=language, source="S"
    )


def test_the_sentence_with_most_that_is_new_is_chosen() -> None:
    """Not one that repeats what was told, nor one that leans on another."""
    found = newest_sentence([document(1, OLD), document(2, NEW)], ["2"], "en")
    assert found is not None
    assert found.text.startswith("Seoul will host the next round")
    assert found.cites == ("2",)


def test_reports_that_only_repeat_have_nothing_new() -> None:
    """The same words from another outlet change nothing."""
    assert newest_sentence([document(1, OLD), document(2, OLD)], ["2"], "en") is None


def test_another_language_says_nothing_to_the_reader() -> None:
    """Nor does a story of which nothing is new."""
    korean = document(2, "다음 회담은 3월 12일 서울에서 열린다고 당국자가 밝혔다.", "ko")
    assert newest_sentence([document(1, OLD), korean], ["2"], "en") is None
    assert newest_sentence([document(1, OLD)], [], "en") is None
