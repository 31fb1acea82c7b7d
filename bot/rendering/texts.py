"""Reader-facing texts: one catalogue a language, plurals, names, dates and times."""

import string
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta, get_timezone_name
from babel.lists import format_list
from babel.numbers import format_decimal

from bot.domain.contested import HouseStyle
from bot.domain.errors import ConfigError
from bot.domain.model import Issue, Language

# Below this a relative time says "just now": feeds give seconds that nobody reads.
JUST_NOW = timedelta(minutes=1)

# A message without plurals is kept under Unicode's category for "any count".
OTHER = "other"

# Unicode's plural categories (https://unicode.org/reports/tr35/tr35-numbers.html).
CATEGORIES = frozenset({"zero", "one", "two", "few", "many", OTHER})

Message = Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    """The catalogue of one language. ``messages``: dotted key → plural category → template."""

    language: Language
    messages: Mapping[str, Message] = field(hash=False)

    @property
    def locale(self) -> Locale:
        """What Babel knows of the language."""
        return Locale.parse(self.language.value)

    def say(self, key: str, **values: str) -> str:
        """Return the message with its values filled in; ``KeyError`` for an unknown key."""
        return self.messages[key][OTHER].format(**values)

    def count(self, key: str, count: int, **values: str) -> str:
        """Return the form of the message that the count asks for, with ``{count}`` filled in."""
        forms = self.messages[key]
        form = forms.get(self.locale.plural_form(count), forms[OTHER])
        return form.format(count=self.number(count), **values)

    def number(self, number: int) -> str:
        """Return a whole number with the language's separators."""
        return format_decimal(number, locale=self.locale)

    def issue(self, issue: Issue) -> str:
        """Return the name of an issue."""
        return self.say(f"issues.{issue.value}")

    def side(self, key: str) -> str:
        """Return the name of a side: a capital where we name one, else the country."""
        if f"sides.{key}" in self.messages:
            return self.say(f"sides.{key}")
        return str(self.locale.territories.get(key, key))

    def country(self, code: str | None) -> str:
        """Return the name of an ISO 3166-1 country; an unknown code stands for itself."""
        return str(self.locale.territories.get(code, code)) if code else "–"

    def listed(self, words: Sequence[str]) -> str:
        """Return words as a list of the language: "Seoul and Tokyo"."""
        return format_list(list(words), locale=self.locale)

    def day(self, moment: datetime, *, seen_from: datetime, zone: str) -> str:
        """Return the local day, with its year where that differs from ``seen_from``'s."""
        local, base = moment.astimezone(ZoneInfo(zone)), seen_from.astimezone(ZoneInfo(zone))
        skeleton = "MMMd" if local.year == base.year else "yMMMd"
        return format_skeleton(skeleton, local, locale=self.locale)

    def language_name(self, code: str) -> str:
        """Return the name of an ISO 639-1 language; an unknown code stands for itself."""
        return str(self.locale.languages.get(code, code))

    def date(self, moment: datetime, zone: str) -> str:
        """Return the full local date with its weekday."""
        return format_date(moment.astimezone(ZoneInfo(zone)), "full", locale=self.locale)

    def time(self, moment: datetime, zone: str) -> str:
        """Return the local time of day on the 24-hour clock."""
        return format_skeleton("Hm", moment, tzinfo=ZoneInfo(zone), locale=self.locale)

    def zone_name(self, moment: datetime, zone: str) -> str:
        """Return what the zone is called at that moment ("Japan Standard Time")."""
        return get_timezone_name(moment.astimezone(ZoneInfo(zone)), locale=self.locale)

    def moment(self, moment: datetime, *, seen_from: datetime, zone: str) -> str:
        """Return the local time, with the day (and year) where it differs from ``seen_from``'s."""
        local, base = moment.astimezone(ZoneInfo(zone)), seen_from.astimezone(ZoneInfo(zone))
        time = self.time(moment, zone)
        if local.date() == base.date():
            return time
        skeleton = "MMMd" if local.year == base.year else "yMMMd"
        day = format_skeleton(skeleton, local, locale=self.locale)
        return self.say("times.day_and_time", day=day, time=time)

    def relative(self, moment: datetime, *, seen_from: datetime) -> str:
        """Return how long ago it was ("3 hours ago"); what is yet to come is "just now"."""
        delta = moment - seen_from
        if delta > -JUST_NOW:
            return self.say("times.just_now")
        return format_timedelta(delta, add_direction=True, locale=self.locale)


def load_texts(source: Path | Sequence[Path]) -> dict[str, Texts]:
    """Read ``{en,ja,ko}.toml`` of a folder, or of these paths: language code → texts.

    Raises ``ConfigError`` with every mistake: a missing or broken file, and keys, plural
    forms or placeholders that differ from the English ones.
    """
    paths = _paths(source)
    mistakes: list[str] = []
    loaded: dict[str, Texts] = {}
    for language, path in paths.items():
        try:
            messages = dict(_messages(tomllib.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError) as error:
            mistakes.append(f"{path}: cannot be read ({error}); restore the file.")
        else:
            loaded[language.value] = Texts(language=language, messages=messages)
    for texts in loaded.values():
        mistakes.extend(_mistakes(texts, loaded, paths[texts.language]))
    if mistakes:
        raise ConfigError(mistakes)
    return loaded


def in_house_style(loaded: Mapping[str, Texts], style: HouseStyle) -> dict[str, Texts]:
    """Return the catalogues with the issues named as the house style has them."""

    def named(texts: Texts) -> dict[str, Message]:
        language = texts.language.value
        return {
            f"issues.{issue.value}": {OTHER: names[language]}
            for issue, names in style.issues.items()
            if language in names
        }

    return {
        code: replace(texts, messages={**texts.messages, **named(texts)})
        for code, texts in loaded.items()
    }


def _paths(source: Path | Sequence[Path]) -> dict[Language, Path]:
    if isinstance(source, Path):
        return {language: source / f"{language.value}.toml" for language in Language}
    return {Language(path.stem): path for path in source}


def placeholders(template: str) -> frozenset[str]:
    """Return the names that the template wants filled in; ``ValueError`` if it is broken."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)


def _messages(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, Message]]:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, str):
            placeholders(value)
            yield key, {OTHER: value}
        elif not isinstance(value, dict):
            raise TypeError(f"{key} is {value!r}, but only texts and tables of texts are allowed")
        elif _is_plural(value):
            yield key, {form: str(text) for form, text in value.items()}
        else:
            yield from _messages(value, f"{key}.")


def _is_plural(table: Mapping[str, object]) -> bool:
    """Issues have an ``other`` beside their names, so every key must be a category."""
    return OTHER in table and CATEGORIES.issuperset(table)


def _mistakes(texts: Texts, loaded: Mapping[str, Texts], where: Path) -> Iterator[str]:
    english = loaded.get(Language.EN.value, texts)
    for key in sorted(english.messages.keys() - texts.messages.keys()):
        yield f"{where}: {key} is missing; add it as in en.toml."
    for key in sorted(texts.messages.keys() - english.messages.keys()):
        yield f"{where}: {key} is not in en.toml; remove it or correct its spelling."
    for key in sorted(english.messages.keys() & texts.messages.keys()):
        yield from _unlike(key, texts, english, where)


def _unlike(key: str, texts: Texts, english: Texts, where: Path) -> Iterator[str]:
    wanted = placeholders(english.messages[key][OTHER])
    for form in texts.messages[key].values():
        if placeholders(form) != wanted:
            names = ", ".join(sorted(wanted)) or "none"
            yield f"{where}: {key} must have these placeholders and no others: {names}."
    tags = texts.locale.plural_form.tags | {OTHER}
    if len(english.messages[key]) > 1 and texts.messages[key].keys() != tags:
        yield f"{where}: {key} must have these plural forms: {', '.join(sorted(tags))}."
