"""``/metrics``: the bot's numbers for Prometheus, for those who know the token."""

import hmac
from collections.abc import Awaitable, Callable, Iterator, Mapping
from http import HTTPStatus
from typing import TypeVar

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from bot.domain.errors import StorageError
from bot.domain.measures import METHODS, MODEL, FeedHealth, Measures
from bot.web.app import METRICS_PATH

REFUSED = "Send the value of STRAIT_METRICS_TOKEN as `Authorization: Bearer …`."

ReadMeasures = Callable[[], Awaitable[Measures]]

# The labels' values, in the order of their names; without labels ().
Key = TypeVar("Key", bound=tuple[str, ...])

# What can be counted is there from the start: a series that begins at 1 shows no increase.
NO_SUMMARIES = dict.fromkeys((*METHODS, MODEL), 0)
NO_FEEDS = {str(state): 0 for state in FeedHealth}


def add_metrics(app: web.Application, token: str, read: ReadMeasures) -> None:
    """Serve the numbers to whoever sends the token; 401 to others, 503 without a database."""

    async def metrics(request: web.Request) -> web.Response:
        if not _knows(request, token):
            return web.json_response(
                {"error": REFUSED},
                status=HTTPStatus.UNAUTHORIZED,
                headers={"WWW-Authenticate": 'Bearer realm="metrics"'},
            )
        try:
            found = await read()
        except StorageError as error:
            return web.json_response({"error": str(error)}, status=HTTPStatus.SERVICE_UNAVAILABLE)
        body, content_type = _written(found, request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    app.router.add_get(METRICS_PATH, metrics)


def _knows(request: web.Request, token: str) -> bool:
    """Tell whether the token was sent, in a time that says nothing of how much of it was right."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    # Bytes that are no UTF-8 come as surrogates.
    sent = given.strip().encode(errors="surrogateescape")
    return hmac.compare_digest(sent, token.encode()) and scheme.lower() == "bearer"


def _written(measures: Measures, accept: str) -> tuple[bytes, str]:
    """Return the numbers in the format that is asked for, and its type."""
    # One of its own: the library's global one has numbers of this process alone.
    registry = CollectorRegistry()
    registry.register(MeasuresCollector(measures))
    try:
        # The library repeats the version in the type, where nothing but ASCII may stand.
        encode, content_type = choose_encoder(accept if accept.isascii() else "")
        return encode(registry), content_type
    except (TypeError, ValueError):  # a version that is no number
        encode, content_type = choose_encoder("")
        return encode(registry), content_type


class MeasuresCollector(Collector):
    """Turns the numbers of one moment into metrics; docs/metrics.md has them all."""

    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    def collect(self) -> Iterator[Metric]:
        """Yield every metric, one without samples too, so that its name and type are known."""
        yield from _of_summaries(self._measures)
        yield from _of_digests(self._measures)
        yield from _of_news(self._measures)


def _of_summaries(found: Measures) -> Iterator[Metric]:
    kept = _by_name({**NO_SUMMARIES, **found.summaries})
    yield _gauge("summaries", "Summaries kept, by how they were made.", kept, "method")
    total, today = found.model_total, found.model_today
    asked = "Requests to the model, by what became of them"
    since_ever = _by_name({**NO_SUMMARIES, **total.requests})
    yield _counter("model_requests", f"{asked}.", since_ever, "method")
    yield _counter("model_tokens", "Tokens that the model took.", _one(total.tokens))
    yield _counter(
        "model_cost", "What the model cost, as settings.toml prices it.", _one(total.cost)
    )
    since_midnight = _by_name({**NO_SUMMARIES, **today.requests})
    yield _gauge("model_requests_today", f"{asked}, today (UTC).", since_midnight, "method")
    yield _gauge("model_tokens_today", "Tokens that the model took today.", _one(today.tokens))
    yield _gauge("model_cost_today", "What the model cost today.", _one(today.cost))
    set_aside = "Tokens set aside today for requests under way."
    yield _gauge("model_tokens_reserved", set_aside, _one(found.model_reserved))


def _of_digests(found: Measures) -> Iterator[Metric]:
    status = ("platform", "status")
    yield _gauge(
        "deliveries", "Deliveries kept, by platform and status.", found.deliveries, *status
    )
    oldest = "For how long the oldest delivery that is not sent yet has been due."
    pending = "oldest_pending_delivery_age"
    yield _gauge(pending, oldest, _one(found.oldest_pending), unit="seconds")
    subscribed = "Subscriptions, by platform and status."
    yield _gauge("subscriptions", subscribed, found.subscriptions, *status)


def _of_news(found: Measures) -> Iterator[Metric]:
    yield _gauge("entries", "Entries kept.", _one(found.entries))
    yield _gauge("entries_unread", "Entries that wait to be read.", _one(found.unread))
    yield _gauge("stories", "Stories kept.", _one(found.stories))
    feeds = _by_name({**NO_FEEDS, **found.feeds})
    yield _gauge("feeds", "Feeds that are polled, by how they answer.", feeds, "state")
    beats = "How long ago a process last succeeded in its work."
    yield _gauge("beat_age", beats, _by_name(found.beats), "process", unit="seconds")


def _one(value: float) -> dict[tuple[()], float]:
    return {(): value}


def _by_name(values: Mapping[str, float]) -> dict[tuple[str], float]:
    return {(name,): value for name, value in values.items()}


def _gauge(
    name: str, said: str, values: Mapping[Key, float], *labels: str, unit: str = ""
) -> Metric:
    family = GaugeMetricFamily(f"strait_{name}", said, labels=labels, unit=unit)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def _counter(name: str, said: str, values: Mapping[Key, float], *labels: str) -> Metric:
    family = CounterMetricFamily(f"strait_{name}", said, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family
