"""Which outlet published an entry."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from bot.domain.model import Feed, Outlet, ParsedEntry, Terms


@dataclass(frozen=True, kw_only=True, slots=True)
class OutletTerms:
    """Whose reports are ``excluded``, and of whose only headline and link are used.

    Both hold outlets as entries name them: the ids of cards, and the hosts by which entries
    were named before there was a card.
    """

    excluded: frozenset[str] = frozenset()
    headline: frozenset[str] = frozenset()

    @property
    def limited(self) -> frozenset[str]:
        """Those whose texts are not kept."""
        return self.excluded | self.headline

    @property
    def written(self) -> str:
        """The same terms are written the same."""
        if not self.limited:
            return ""
        excluded, headline = (",".join(sorted(names)) for names in (self.excluded, self.headline))
        return f"excluded: {excluded}; headline: {headline}"


class Outlets:
    """The outlet cards, found by id, by an address's domain, or by a name."""

    def __init__(self, outlets: Iterable[Outlet]) -> None:
        self._by_id = {outlet.id: outlet for outlet in outlets}
        cards = self._by_id.values()
        self._by_domain = {domain: card for card in cards for domain in card.domains}
        self._by_name = {
            name.casefold(): card for card in cards for name in (card.name, *card.names)
        }

    @property
    def names(self) -> list[str]:
        """The outlets' main names, in the order of the cards."""
        return [card.name for card in self._by_id.values()]

    @property
    def owners(self) -> dict[str, str]:
        """Outlet id → owner, of those whose card names one."""
        return {card.id: card.owner for card in self._by_id.values() if card.owner}

    def get(self, outlet_id: str | None) -> Outlet | None:
        """Return the card of that id, or None."""
        return self._by_id.get(outlet_id) if outlet_id else None

    def name_of(self, outlet_id: str) -> str:
        """Return the name of the card of that id; an id without one stands for itself."""
        card = self._by_id.get(outlet_id)
        return card.name if card else outlet_id

    def named(self, name: str) -> Outlet | None:
        """Return the card of that id or name, in any case, or None."""
        wanted = name.strip().casefold()
        return self.get(wanted) or self._by_name.get(wanted)

    @property
    def terms(self) -> OutletTerms:
        """What may be shown and kept of the outlets' reports."""

        def under(terms: Terms) -> frozenset[str]:
            cards = [card for card in self._by_id.values() if card.terms is terms]
            return frozenset(name for card in cards for name in (card.id, *card.domains))

        return OutletTerms(excluded=under(Terms.EXCLUDED), headline=under(Terms.HEADLINE))

    def allowed(self, feed: Feed, entry: ParsedEntry) -> ParsedEntry | None:
        """Return what its outlet's terms let us keep of an entry; None where that is nothing."""
        match self.publisher(feed, entry).terms:
            case Terms.EXCLUDED:
                return None
            case Terms.HEADLINE:
                return replace(entry, text="")
        return entry

    def publisher(self, feed: Feed, entry: ParsedEntry) -> Outlet:
        """Return who published the entry.

        A feed of one outlet speaks for itself. An aggregator's feed has no outlet: the
        name that the item gives decides, then the address; an outlet without a card gets
        one made of its name or host, with no country.
        """
        return (
            self.get(feed.outlet)
            or self._by_name.get((entry.outlet_name or "").casefold())
            or self._at(_host(entry.url))
            or _unknown(entry)
        )

    def _at(self, host: str) -> Outlet | None:
        labels = host.split(".")
        suffixes = (".".join(labels[start:]) for start in range(len(labels) - 1))
        return next((self._by_domain[s] for s in suffixes if s in self._by_domain), None)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _unknown(entry: ParsedEntry) -> Outlet:
    host = _host(entry.url)
    return Outlet(id=host, name=entry.outlet_name or host, country="", languages=())
