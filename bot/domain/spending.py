"""How much a model may cost in a day."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# Tokens that a character costs at most with the tokenizers in use: CJK text takes about one
# each, English a quarter. Set aside before a request, settled by what the endpoint reports.
TOKENS_PER_CHARACTER = 1.0
MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Spending:
    """What was used: tokens, and money in the currency of the prices."""

    tokens: int = 0
    cost: Decimal = Decimal()

    def __add__(self, other: "Spending") -> "Spending":
        """Add up."""
        return Spending(tokens=self.tokens + other.tokens, cost=self.cost + other.cost)

    def __neg__(self) -> "Spending":
        """Return what takes this back."""
        return Spending(tokens=-self.tokens, cost=-self.cost)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reservation:
    """What a request may use at most, set aside on a day (UTC)."""

    day: date
    most: Spending


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """A day's limits, None for none; prices are per million tokens, as providers list them."""

    daily_tokens: int | None = None
    daily_cost: Decimal | None = None
    input_price: Decimal = Decimal()
    output_price: Decimal = Decimal()

    def price(self, tokens_in: int, tokens_out: int) -> Spending:
        """Return what a request costs."""
        cost = (tokens_in * self.input_price + tokens_out * self.output_price) / MILLION
        return Spending(tokens=tokens_in + tokens_out, cost=cost)

    def holds(self, spent: Spending) -> bool:
        """Tell whether a day's spending is within the limits."""
        within = self.daily_tokens is None or spent.tokens <= self.daily_tokens
        return within and (self.daily_cost is None or spent.cost <= self.daily_cost)


def most_tokens(text: str) -> int:
    """Return how many tokens a text takes at most."""
    return int(len(text) * TOKENS_PER_CHARACTER) + 1
