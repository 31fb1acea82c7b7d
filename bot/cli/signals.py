"""How the bot is told to end: once in good order, a second time at once."""

import asyncio
import os
import signal
import sys
import threading

# Heroku and systemd kill after 30 s or less: before that, whatever still hangs (a thread, a
# library's farewell) is left behind. Nothing is lost by it: the jobs take up where they were.
LATEST_SECONDS = 24.0

# What a shell is told of a process that a signal ended.
SIGNALLED = 128


def end_on_signals(stop: asyncio.Event) -> None:
    """Let SIGTERM and Ctrl-C set the event; a second one ends the process at once."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, _end, stop, number)
        except NotImplementedError:  # Windows: Ctrl-C raises KeyboardInterrupt instead
            continue


def _end(stop: asyncio.Event, number: signal.Signals) -> None:
    if stop.is_set():
        _leave("told to end a second time: it ends at once", SIGNALLED + number)
    stop.set()
    # A thread, for the loop itself may be what hangs.
    sentence = f"not ended after {LATEST_SECONDS:.0f} s: it ends at once"
    timer = threading.Timer(LATEST_SECONDS, _leave, (sentence, SIGNALLED + number))
    timer.daemon = True
    timer.start()


def _leave(sentence: str, code: int) -> None:
    print(sentence, file=sys.stderr, flush=True)
    # No clean-up, which may be what hangs; children end with their pipes.
    os._exit(code)
