"""Options that are lists are completed item by item."""

from bot.platforms.discord.lists import suggest_list
from bot.platforms.discord.lookups import CHOICE_LENGTH

KNOWN = {"courts": "Courts", "culture-people": "Culture and people", "security": "Security"}


def test_the_last_item_is_completed() -> None:
    """By what is written or by what is shown; those before stay, and none comes twice."""
    assert suggest_list("cu", KNOWN) == [
        ("Culture and people", "culture-people"),
        ("Security", "security"),
    ]
    assert suggest_list("courts, people", KNOWN) == [
        ("Courts, Culture and people", "courts, culture-people")
    ]
    assert [written for _, written in suggest_list("courts,", KNOWN)] == [
        "courts, culture-people",
        "courts, security",
    ]


def test_suggestions_fit_discord() -> None:
    """What is typed may be longer than a suggestion can be."""
    assert suggest_list("x" * 200 + ",", KNOWN) == []
    shown = suggest_list("y" * 80 + ",c", KNOWN)
    assert all(len(name) <= CHOICE_LENGTH >= len(written) for name, written in shown)
    assert len(suggest_list("", {str(n): str(n) for n in range(40)})) == 25
