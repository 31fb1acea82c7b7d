"""Logs go to standard error, so that standard output holds only what was asked for."""

import logging
import sys

import structlog
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

log = structlog.get_logger()


def configure_logs(level: str) -> None:
    """Log events from this level up: coloured on a terminal, plain lines elsewhere."""
    # Not lower, whatever is asked for: at DEBUG the libraries tell tokens and every value.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                # The default prints every local variable, tokens and passwords among them.
                exception_formatter=structlog.dev.plain_traceback,
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # The default hook logs the arguments of what is retried, and whole errors, which may
    # carry a request with its headers.
    set_on_retry_hooks([_log_retry])


def _log_retry(details: RetryDetails) -> None:
    log.warning(
        "tried again",
        what=details.name,
        attempt=details.retry_num,
        in_seconds=round(details.wait_for, 1),
        because=type(details.caused_by).__name__,
    )
