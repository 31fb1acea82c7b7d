"""Time zones to choose from."""

from functools import cache
from zoneinfo import available_timezones

# Where most readers of this news are; offered first, before anything is typed.
USUAL = ("Asia/Seoul", "Asia/Tokyo", "UTC", "Europe/London", "America/New_York", "Australia/Sydney")


def suggest_zones(typed: str, *, default: str) -> list[str]:
    """Return the IANA zones with ``typed`` in their names, the usual ones first."""
    wanted = typed.strip().casefold().replace(" ", "_")
    return [zone for zone in _ordered(default) if wanted in zone.casefold()]


@cache
def _ordered(default: str) -> tuple[str, ...]:
    # Only the names of places: "Etc/GMT+9" is nine hours behind, which nobody expects.
    places = sorted(z for z in available_timezones() if "/" in z and not z.startswith("Etc/"))
    return tuple(dict.fromkeys((default, *USUAL, *places)))
