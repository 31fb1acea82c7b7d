"""Suggestions for options that are lists divided by commas: the last item is completed."""

from collections.abc import Iterator, Mapping

from bot.platforms.discord.lookups import CHOICE_LENGTH, MOST_CHOICES


def suggest_list(typed: str, known: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what the list may become, as it is shown and as it is written.

    ``known`` maps what is written to the name that is shown for it.
    """
    return list(_suggest(typed, known))[:MOST_CHOICES]


def _suggest(typed: str, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    before, _, last = typed.rpartition(",")
    taken = [item.strip() for item in before.split(",") if item.strip()]
    wanted = last.strip().casefold()
    for value, name in known.items():
        is_meant = wanted in value.casefold() or wanted in name.casefold()
        written = ", ".join([*taken, value])
        if is_meant and value not in taken and len(written) <= CHOICE_LENGTH:
            shown = ", ".join([*(known.get(item, item) for item in taken), name])
            yield shown[:CHOICE_LENGTH], written
