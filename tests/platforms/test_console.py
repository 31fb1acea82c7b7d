"""The console as a platform."""

import io

import pytest

from bot.domain.model import Delivery, DeliveryStatus, Rejected, Sent
from bot.platforms.console.messenger import ConsoleMessenger
from tests.builders import CHANNEL, NOW

DELIVERY = Delivery(
    id=1,
    key="1-1-0",
    destination=CHANNEL,
    slot_at=NOW,
    part=0,
    payload="한빛일보\n",
    status=DeliveryStatus.PENDING,
)


@pytest.mark.parametrize(("encoding", "outcome"), [("ascii", Rejected), ("utf-8", Sent)])
async def test_a_text_that_the_output_cannot_hold_is_refused(
    encoding: str, outcome: type[object]
) -> None:
    """Nothing of it was printed, and trying again would not help; the bot goes on."""
    stream = io.TextIOWrapper(raw := io.BytesIO(), encoding=encoding)
    assert isinstance(await ConsoleMessenger(stream, {}).send(DELIVERY), outcome)
    assert (raw.getvalue() == b"") == (outcome is Rejected)
