"""Files of JSON lines: read whole, and written whole or not at all."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bot.domain.errors import InputError


def numbered_lines(source: Path) -> list[tuple[int, str]]:
    """Return (number from 1, line) of each line that is not blank; a byte order mark is skipped.

    Raises:
        InputError: the file cannot be read or is not UTF-8; it says the mend.
    """
    try:
        lines = source.read_bytes().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        message = f"{source} is not UTF-8 text: save it as UTF-8 and try again."
        raise InputError(message) from error
    except OSError as error:
        message = f"{source} cannot be read ({error.strerror}): give the path of a readable file."
        raise InputError(message) from error
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def write_whole(out: Path, lines: Iterable[str]) -> int:
    """Write lines (given without their ends) in UTF-8 and return their number.

    They go to a file beside ``out``, which is then renamed: half a file never has its name,
    and nothing stays behind after an error. Only the user may read it (mode 0600), for what
    was read may be licensed or private.

    Raises:
        InputError: the place cannot be written to, or its folder does not exist.
    """
    if not out.parent.is_dir():
        message = f"{out} cannot be written: create the folder {out.parent} first."
        raise InputError(message)
    try:
        # mkstemp makes files of mode 0600.
        descriptor, name = tempfile.mkstemp(dir=out.parent, prefix=".strait-", suffix=".part")
    except OSError as error:
        raise _unwritable(out, error) from error
    partial = Path(name)
    try:
        count = _write(descriptor, lines)
        partial.replace(out)
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def _write(descriptor: int, lines: Iterable[str]) -> int:
    count = 0
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(line + "\n")
            count += 1
    return count


def _unwritable(out: Path, error: OSError) -> InputError:
    return InputError(f"{out} cannot be written ({error.strerror}): choose another place for it.")
