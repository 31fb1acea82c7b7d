"""What the logs must not hold."""

from collections.abc import Iterator

import pytest
import stamina
import structlog
from stamina.instrumentation import set_on_retry_hooks

from bot.cli.logs import configure_logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Other tests log as before."""
    kept = structlog.get_config()
    yield
    structlog.configure(**kept)
    set_on_retry_hooks(None)


def test_a_traceback_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    """Tokens, passwords and feed addresses are local variables of frames that fail."""
    configure_logs("INFO")
    _fail_and_log("xoxb-" + "123-very-secret")
    logged = capsys.readouterr().err
    assert "ZeroDivisionError" in logged
    assert "_fail_and_log" in logged
    assert "very-secret" not in logged


def _fail_and_log(token: str) -> None:
    try:
        _ = len(token) / 0
    except ZeroDivisionError:
        structlog.get_logger().exception("failed")


def test_a_retry_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither what is retried nor why carries its arguments into the log."""
    configure_logs("INFO")
    failures = [OSError("Authorization: Bearer very-secret")]

    @stamina.retry(on=OSError, attempts=2, wait_initial=0.0, wait_jitter=0.0)
    def ask(token: str) -> str:
        if failures:
            raise failures.pop()
        return token

    assert ask("very-secret") == "very-secret"
    logged = capsys.readouterr().err
    assert "tried again" in logged
    assert "because=OSError" in logged
    assert "very-secret" not in logged


def test_logs_leave_standard_output_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """It holds only what was asked for; what is below the level is not logged."""
    configure_logs("WARNING")
    structlog.get_logger().warning("loud")
    structlog.get_logger().info("quiet")
    out, err = capsys.readouterr()
    assert out == ""
    assert "loud" in err
    assert "quiet" not in err
