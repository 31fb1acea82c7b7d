"""Days without a time, as a language writes them."""

from datetime import UTC, date, datetime, time

from babel.dates import format_skeleton

from bot.rendering.texts import Texts


def month_of(day: date, texts: Texts) -> str:
    """Return the month and its year ("November 2026")."""
    return _written("yMMMM", day, texts)


def short_day(day: date, texts: Texts) -> str:
    """Return the day without its year ("Nov 24")."""
    return _written("MMMd", day, texts)


def _written(skeleton: str, day: date, texts: Texts) -> str:
    # Babel formats moments: noon UTC is that day, whatever it does with zones.
    moment = datetime.combine(day, time(12), UTC)
    return format_skeleton(skeleton, moment, locale=texts.locale)
