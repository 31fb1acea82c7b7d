"""A file of lines that only grows by whole lines, whatever dies while one is written."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BLOCK = 64 * 1024

# What is sent to somebody is not for everybody on the machine.
MODE = 0o600


class TornError(OSError):
    """A line was written in part and could not be taken back."""


def append(path: Path, line: bytes) -> None:
    """Add a line and wait until it is on the disk. Raises OSError where it certainly is not.

    Raises TornError where a part of it may be there: the next ``append`` removes that.
    """
    with _locked(path) as file:
        end = _mend(file)
        try:
            _write(file, line + b"\n")
            os.fsync(file)
            if end == 0:
                _sync_folder(path.parent)
        except OSError as error:
            _take_back(file, end, error)
            raise


def has_line(path: Path, prefix: bytes) -> bool:
    """Tell whether a whole line begins so. Raises OSError where the file cannot be read.

    A file that is not there has no line, but one whose folder is gone too (a disk that is not
    mounted) may have.
    """
    try:
        with path.open("rb") as file:
            return any(line.startswith(prefix) and line.endswith(b"\n") for line in file)
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise
        return False


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open the file for one writer at a time: two processes may run while one hands over."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _mend(file: int) -> int:
    """Cut off what a writer that died left of its last line; returns the file's new length."""
    length = os.lseek(file, 0, os.SEEK_END)
    end = _after_last_break(file, length)
    if end != length:
        os.ftruncate(file, end)
    os.lseek(file, end, os.SEEK_SET)
    return end


def _after_last_break(file: int, length: int) -> int:
    start = length
    while start > 0:
        start = max(0, start - BLOCK)
        found = os.pread(file, min(BLOCK, length - start), start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
    return 0


def _write(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


def _sync_folder(folder: Path) -> None:
    """Wait until a new file's name is on the disk as well."""
    opened = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _take_back(file: int, end: int, error: OSError) -> None:
    try:
        os.ftruncate(file, end)
        os.fsync(file)
    except OSError:
        raise TornError(error.errno, error.strerror) from error
