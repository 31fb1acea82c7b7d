"""Files that are read whole, and written whole or not at all."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.errors import InputError
from bot.jobs.files import numbered_lines, write_whole


def test_lines_keep_their_numbers(tmp_path: Path) -> None:
    """Blank lines and a byte order mark are passed over; a mistake is found by its number."""
    (tmp_path / "in").write_bytes(b"\xef\xbb\xbfone\r\n\n \t\nfour")
    assert numbered_lines(tmp_path / "in") == [(1, "one\r"), (4, "four")]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """The old content gives way to the new, in UTF-8, and nothing else is left."""
    out = tmp_path / "out"
    out.write_text("old", encoding="utf-8")
    assert write_whole(out, ["하나", "二"]) == 2
    assert out.read_bytes() == "하나\n二\n".encode()
    assert list(tmp_path.iterdir()) == [out]


def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    """What was read may be licensed or private."""
    write_whole(tmp_path / "out", ["one"])
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o600


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_midway_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    """Whatever breaks off the lines, the old file stays and no half file beside it."""

    def lines() -> Iterator[str]:
        yield "one"
        raise error

    out = tmp_path / "out"
    out.write_text("old", encoding="utf-8")
    with pytest.raises(error):
        write_whole(out, lines())
    assert out.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_a_missing_folder_is_named_and_not_made(tmp_path: Path) -> None:
    """A slip in a path must not leave folders about."""
    folder = tmp_path / "absent"
    with pytest.raises(InputError, match=f"create the folder {folder} first"):
        write_whole(folder / "out", ["one"])
    assert not folder.exists()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """It is told, and nothing stays in it or beside it."""
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        write_whole(tmp_path / "out", ["one"])
    assert [path.name for path in tmp_path.rglob("*")] == ["out"]
