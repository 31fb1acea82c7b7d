"""What a subscription holds, in words."""

from dataclasses import replace

from bot.domain.model import Filters, Length
from bot.rendering.tastes import say_taste
from bot.rendering.texts import Texts
from tests.builders import TASTE
from tests.storage.test_tastes import RICH


def test_every_demand_is_told_in_each_language(texts: dict[str, Texts]) -> None:
    """A line for each; a plain taste has none."""
    lines = say_taste(RICH, texts["en"], outlet_name={"hanbit": "Hanbit Ilbo"}.__getitem__)
    assert lines == (
        "Issues: Courts, Trade and technology",
        "Told first: Trade and technology",
        "Outlets: Hanbit Ilbo",
        "Outlets from: South Korea",
        "Reports in: Japanese, Korean",
        "With one of these words: 竹島, /a|b/",
        "Without these words: '); DROP TABLE subscriptions; --",
        "From 3 independent publishers up",
        "Also what only touches the topic",
        "Headlines alone",
        "At once when 3 outlets report within 45 minutes, but not from 22:30 to 07:00: after that",
    )
    for language in ("ja", "ko"):
        assert len(say_taste(RICH, texts[language])) == len(lines)
        assert say_taste(TASTE, texts[language]) == ()


def test_what_is_plain_is_not_told(texts: dict[str, Texts]) -> None:
    """One publisher, core, in full: what everybody gets."""
    plain = replace(TASTE, filters=Filters(min_outlets=1), length=Length.FULL)
    assert say_taste(plain, texts["en"]) == ()
