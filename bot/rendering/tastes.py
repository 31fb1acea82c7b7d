"""What a subscription holds, in the reader's language. Not yet escaped for any platform."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from bot.domain.filters import written
from bot.domain.model import Breaking, Filters, Length, Taste
from bot.domain.schedule import write_clock
from bot.rendering.safe import NAME_LIMIT, clean
from bot.rendering.texts import Texts


def say_taste(
    taste: Taste, texts: Texts, *, outlet_name: Callable[[str], str] = str
) -> tuple[str, ...]:
    """Return a line for each thing that the taste demands; none where it is plain.

    ``outlet_name`` turns an outlet's id into the name that people know.
    """
    lines = [*_filters(taste.filters, texts, outlet_name)]
    if taste.length is not Length.FULL:
        lines.append(texts.say(f"taste.length_{taste.length.value}"))
    if taste.breaking is not None:
        lines.append(_breaking(taste.breaking, texts))
    return tuple(lines)


def _filters(filters: Filters, texts: Texts, outlet_name: Callable[[str], str]) -> Iterator[str]:
    names = texts.locale.territories
    lists: Sequence[tuple[str, Iterable[str]]] = (
        ("issues", map(texts.issue, filters.issues)),
        ("first", map(texts.issue, filters.prefer)),
        ("outlets", map(outlet_name, filters.outlets)),
        ("countries", (names.get(country, country) for country in filters.countries)),
        ("languages", map(texts.language_name, filters.languages)),
        ("include", map(written, filters.include)),
        ("exclude", map(written, filters.exclude)),
    )
    for key, items in lists:
        if shown := [clean(item, NAME_LIMIT) for item in items]:
            yield texts.say(f"taste.{key}", list=_listed(shown, texts))
    if filters.min_outlets > 1:
        yield texts.count("taste.publishers", filters.min_outlets)
    if filters.peripheral:
        yield texts.say("taste.peripheral")


def _listed(items: Sequence[str], texts: Texts) -> str:
    return texts.say("taste.comma").join(items)


def _breaking(breaking: Breaking, texts: Texts) -> str:
    outlets = texts.count("counts.outlets", breaking.outlets)
    told = texts.count("taste.breaking", breaking.minutes, outlets=outlets)
    if breaking.quiet is None:
        return told
    return texts.say(
        "taste.quiet",
        breaking=told,
        start=write_clock(breaking.quiet.start),
        end=write_clock(breaking.quiet.end),
    )
