"""What the files of content may hold: feeds, outlets, names, signs and days."""

from pydantic import BaseModel

from bot.domain.calendar import Occasion
from bot.domain.model import FeedSpec, Outlet
from bot.domain.topic import Name
from bot.settings.files import STRICT


class FeedsFile(BaseModel):
    """``config/feeds.toml``."""

    model_config = STRICT
    feed: tuple[FeedSpec, ...] = ()


class OutletsFile(BaseModel):
    """``config/outlets.toml``."""

    model_config = STRICT
    outlet: tuple[Outlet, ...] = ()


class SignalWords(BaseModel):
    """Words in titles that speak of one thing; a trailing ``*`` lets a Latin word go on."""

    model_config = STRICT
    words: tuple[str, ...]


class SignalsFile(BaseModel):
    """``config/signals.toml``: what the temperature of an issue is read from."""

    model_config = STRICT
    cooperation: SignalWords = SignalWords(words=())
    friction: SignalWords = SignalWords(words=())


class NamesFile(BaseModel):
    """``config/names.toml``."""

    model_config = STRICT
    name: tuple[Name, ...] = ()


class CalendarFile(BaseModel):
    """``config/calendar.toml``; ``bot.settings.calendar`` checks it."""

    model_config = STRICT
    occasion: tuple[Occasion, ...] = ()
