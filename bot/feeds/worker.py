"""The parsing process: reads requests from its input until that ends.

It owns nothing, holds no secrets, and may be killed at any moment.
"""

import contextlib
import os
import sys
from typing import BinaryIO

from bot.feeds.frames import HEADER, PARSED_FEED, REQUEST, frame, length_of
from bot.feeds.parse import parse_feed

with contextlib.suppress(ImportError):  # Windows has no such limits; the deadline holds there.
    import resource

# Parsing the largest allowed body takes some 200 MB, the interpreter with its libraries 100.
MAX_MEMORY = 1024**3

# Above the owner's deadline: this one works when the owner is gone.
CPU_SECONDS = 30


def main() -> None:
    """Answer requests until the owner closes the pipe."""
    answers = _own_output()
    _limit_memory()
    requests = sys.stdin.buffer
    while header := requests.read(HEADER.size):
        _limit_cpu()
        request = REQUEST.validate_json(requests.read(length_of(header)))
        body = requests.read(length_of(requests.read(HEADER.size)))
        parsed = parse_feed(
            body,
            content_type=request.content_type,
            url=request.url,
            zone=request.zone,
            now=request.now,
        )
        answers.write(frame(PARSED_FEED.dump_json(parsed)))
        answers.flush()


def _own_output() -> BinaryIO:
    # What a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device, not a path
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    return answers


def _limit_memory() -> None:
    if "resource" in globals():
        _lower(resource.RLIMIT_AS, MAX_MEMORY)


def _limit_cpu() -> None:
    # The limit counts from the start of the process: each document gets its own share.
    if "resource" in globals():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        used = usage.ru_utime + usage.ru_stime
        _lower(resource.RLIMIT_CPU, int(used) + CPU_SECONDS)


def _lower(limit: int, soft: int) -> None:
    # Refused by some systems (macOS, for memory): the owner's deadline holds all the same.
    with contextlib.suppress(ValueError, OSError):
        hard = resource.getrlimit(limit)[1]
        allowed = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
        resource.setrlimit(limit, (allowed, hard))


if __name__ == "__main__":
    main()
