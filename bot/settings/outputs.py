"""The outputs of settings.toml: checked, and with what the environment keeps for them."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.addresses import is_web_address
from bot.domain.errors import InputError
from bot.domain.model import Destination, Taste
from bot.domain.schedule import check_zone, parse_schedule
from bot.settings.files import DigestTaste, Output
from bot.settings.mistakes import Mistakes

# Whoever runs the instance owns its outputs, as its console.
WORKSPACE = "local"

ADDRESS = "an address with http:// or https://"

# What each kind cannot do with: keys of the other one are slips.
FILE_KEYS = ("path",)
WEBHOOK_KEYS = ("url", "url_env", "secret_env", "honours_key", "lookup_url")
FEED_KEYS = ("keep", "public", "link")
STRANGE = {
    "file": (*WEBHOOK_KEYS, *FEED_KEYS),
    "webhook": (*FILE_KEYS, *FEED_KEYS),
    "feed": WEBHOOK_KEYS,
}

# Entries that a feed keeps: some three weeks of daily digests, as blogs' feeds do.
KEPT = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputTarget:
    """A file, a webhook or a feed that gets digests. Addresses and secrets are in no ``repr``."""

    name: str
    kind: str
    taste: Taste
    path: Path | None = None
    url: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    honours_key: bool = False
    lookup_url: str | None = field(default=None, repr=False)
    keep: int = KEPT
    public: bool = False
    link: str | None = None

    @property
    def destination(self) -> Destination:
        """Where the outbox sends its digests."""
        return Destination(platform=self.kind, workspace=WORKSPACE, channel=self.name)


def check_outputs(
    outputs: Sequence[Output],
    *,
    digest: DigestTaste,
    topics: Collection[str],
    environ: Mapping[str, str],
    mistakes: Mistakes,
    path: Path,
) -> tuple[OutputTarget, ...]:
    """Return the outputs that have no mistakes."""
    times = Counter(output.name for output in outputs)
    found = []
    for number, output in enumerate(outputs, start=1):
        before = len(mistakes.found)
        key = f"output {number}"
        if times[output.name] > 1:
            mistakes.add(path, f"{key}: name", output.name, "each name once")
        for slip, sentence in _slips(output, topics, environ):
            mistakes.say(path, f"{key}: {slip}", sentence)
        taste = _taste(output, digest, mistakes, path, key)
        if taste is not None and len(mistakes.found) == before:
            found.append(_target(output, taste, environ))
    return tuple(found)


def _slips(
    output: Output, topics: Collection[str], environ: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield keys and what is wrong with them."""
    for key in STRANGE[output.kind]:
        if getattr(output, key) not in {None, False}:
            yield key, f"does not belong to an output of kind {output.kind}."
    unknown = [topic for topic in output.topics if topic not in topics]
    if unknown or not output.topics:
        yield "topics", f"allowed is one of {', '.join(topics)}, at least one."
    if output.kind == "file":
        if output.path is None:
            yield "path", "is missing, and required for kind file."
        elif not output.path.parent.is_dir():
            yield "path", f"its folder {output.path.parent} does not exist: make it first."
        return
    if output.kind == "feed":
        yield from _feed_slips(output)
        return
    yield from _webhook_slips(output, environ)


def _feed_slips(output: Output) -> Iterator[tuple[str, str]]:
    if output.path is None and not output.public:
        yield "path", "is missing: give a file, or public = true to serve it under /feeds/."
    elif output.path is not None and not output.path.parent.is_dir():
        yield "path", f"its folder {output.path.parent} does not exist: make it first."
    if output.link is not None and not is_web_address(output.link):
        yield "link", f"is no address; allowed is {ADDRESS}."


def _webhook_slips(output: Output, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if (output.url is None) == (output.url_env is None):
        yield (
            "url",
            "is required for kind webhook: give it, or the variable that has it in url_env.",
        )
    for key in ("url_env", "secret_env"):
        variable = getattr(output, key)
        if variable is not None and not environ.get(variable):
            yield key, f"the environment has no {variable}: set it."
    for key, url in (("url", _url(output, environ)), ("lookup_url", output.lookup_url)):
        if url and not is_web_address(url):
            # It may be a secret: it is not repeated.
            yield key, f"is no address; allowed is {ADDRESS}."


def _taste(
    output: Output, digest: DigestTaste, mistakes: Mistakes, path: Path, key: str
) -> Taste | None:
    try:
        schedule = parse_schedule(output.schedule, check_zone(output.zone or digest.zone))
    except InputError as error:
        mistakes.say(path, f"{key}: schedule, zone", str(error))
        return None
    return Taste(
        topics=output.topics,
        schedule=schedule,
        language=output.language or digest.language,
        max_stories=output.max_stories or digest.max_stories,
    )


def _target(output: Output, taste: Taste, environ: Mapping[str, str]) -> OutputTarget:
    return OutputTarget(
        name=output.name,
        kind=output.kind,
        taste=taste,
        path=output.path,
        url=_url(output, environ),
        secret=environ.get(output.secret_env) if output.secret_env else None,
        honours_key=output.honours_key,
        lookup_url=output.lookup_url,
        keep=output.keep or KEPT,
        public=output.public,
        link=output.link,
    )


def _url(output: Output, environ: Mapping[str, str]) -> str | None:
    return environ.get(output.url_env) if output.url_env else output.url
