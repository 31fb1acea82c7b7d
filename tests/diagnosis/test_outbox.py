"""What `doctor` tells of the outbox."""

import io
from dataclasses import replace
from datetime import UTC, datetime

from bot.diagnosis import Verdict, diagnose
from bot.domain.model import Blocked, SendOutcome, Unknown
from bot.domain.retry import LEASE, next_step
from bot.jobs.tell_outcomes import record_outcome
from bot.platforms.console.messenger import ConsoleMessenger
from bot.settings import load_settings
from bot.storage import deliveries, subscriptions
from bot.storage.database import Database
from tests.builders import CHANNEL, TASTE

OUTCOMES: dict[str, SendOutcome] = {
    "closed": Blocked(problem="The bot is not in the channel: invite it."),
    "dark": Unknown(problem="Nobody can tell: look there.", final=True),
}


async def test_paused_channels_and_uncertain_digests_are_told(sqlite_database: Database) -> None:
    """With the mend: nobody else is told where nobody subscribed by name."""
    now = datetime.now(UTC)
    for channel, outcome in OUTCOMES.items():
        async with sqlite_database.write() as connection:
            mine = await subscriptions.add(
                connection,
                replace(CHANNEL, channel=channel),
                TASTE,
                created_by=None,
                after=now,
                now=now,
            )
            await deliveries.add(connection, mine, ["digest"], slot_at=now, now=now)
            [claimed] = await deliveries.claim_due(
                connection, ["console"], now=now, lease=LEASE, limit=1
            )
        step = next_step(outcome, attempts=1, now=now)
        messenger = ConsoleMessenger(io.StringIO(), {})
        await record_outcome(sqlite_database, messenger, claimed, step, now=now)
    findings = await diagnose(load_settings({}), sqlite_database, {}, now=now)
    told = {f.subject: f for f in findings if f.subject in {"paused", "uncertain deliveries"}}
    assert {f.verdict for f in told.values()} == {Verdict.WRONG}
    assert "console closed" in told["paused"].detail
    assert told["paused"].mend == "The bot is not in the channel: invite it."
    assert told["uncertain deliveries"].mend == "Nobody can tell: look there."
