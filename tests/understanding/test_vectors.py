"""Vectors of real encoders."""

import numpy as np
import pytest

from bot.domain.errors import ConfigError
from bot.understanding.vectors import (
    Encoder,
    installed_encoders,
    load_encoder,
    pack,
    prior_centre,
    unit,
    unpack,
)

SAME = ("The two leaders met in Tokyo.", "両首脳は東京で会談した。", "두 정상은 도쿄에서 만났다.")
OTHER = "The price of rice rose again last month."


@pytest.mark.parametrize("name", installed_encoders())
def test_one_meaning_in_three_languages_is_near(name: str) -> None:
    """A translation is nearer than another subject in the same language."""
    encoder = load_encoder(name)
    rows = encoder.encode([*SAME, OTHER])
    assert rows.shape == (4, encoder.dim)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)
    assert min(rows[0] @ rows[1], rows[0] @ rows[2]) > rows[0] @ rows[3]


def test_nothing_gives_no_rows_and_an_empty_text_a_row(encoder: Encoder) -> None:
    """An entry without words is still an entry."""
    assert encoder.encode([]).shape == (0, encoder.dim)
    assert encoder.encode([""]).shape == (1, encoder.dim)


def test_long_texts_are_cut(encoder: Encoder) -> None:
    """A book costs no more than a lead."""
    text = "Ministers met in Seoul. " * 50
    assert np.allclose(encoder.encode([text]), encoder.encode([text * 100]))


def test_an_unknown_encoder_is_a_mistake_with_its_mend() -> None:
    """The user reads which ones there are."""
    with pytest.raises(ConfigError, match="installed are"):
        load_encoder("word2vec")


def test_packing_keeps_a_vector(encoder: Encoder) -> None:
    """Two bytes a component are enough; what was packed once packs the same again."""
    row = encoder.encode([SAME[0]])[0]
    packed = pack(row)
    assert len(packed) == 2 * encoder.dim
    assert np.allclose(unpack(packed), row, atol=1e-3)
    assert pack(unpack(packed)) == packed


def test_a_language_without_a_mean_of_its_own_takes_the_common_one() -> None:
    """The three languages of the topic have fitted means; another encoder has none."""
    common = prior_centre("use", "sw")
    assert common is not None
    assert np.array_equal(common, prior_centre("use", "fi"))
    assert not np.array_equal(common, prior_centre("use", "ko"))
    assert prior_centre("another", "ko") is None


def test_a_zero_row_stays_zero() -> None:
    """No division by nothing."""
    assert not unit(np.zeros((1, 3), dtype=np.float32)).any()
