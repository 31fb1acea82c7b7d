"""Terms and TF-IDF rows of short texts."""

import numpy as np
import pytest

from bot.summarize.terms import terms_of, tfidf


def test_terms_are_words_numbers_and_bigrams() -> None:
    """Function words go, endings are cut, CJK runs become pairs of characters."""
    assert terms_of("The talks ended: 3.5 tons, 日韓首脳 정상들 A竹島1") == [
        "talk", "ended", "3.5", "tons", "日韓", "韓首", "首脳", "정상", "상들", "竹島", "1",
    ]  # fmt: skip


def test_rows_are_of_unit_length_and_tell_texts_apart() -> None:
    """Texts that share words are closer than texts that share none; an empty one is zero."""
    rows = tfidf(["harbour talks in Busan", "talks on a harbour", "orchids bloom", ""])
    assert np.linalg.norm(rows[:3], axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert float(rows[0] @ rows[1]) > float(rows[0] @ rows[2]) == 0.0
    assert not rows[3].any()
