"""Schedules in words, and what became of each slot."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.DateTime(timezone=True)

# As the program of this revision wrote them; the words of today may change, these may not.
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

subscriptions = sa.table(
    "subscriptions",
    sa.column("id", Id),
    sa.column("hour", sa.Integer()),
    sa.column("minute", sa.Integer()),
    sa.column("weekday", sa.Integer()),
    sa.column("schedule", sa.Text()),
)


def upgrade() -> None:
    # Columns are added and dropped in place: to make the table anew, as SQLite's older ways
    # need, would delete the deliveries and digests that refer to it.
    op.add_column(
        "subscriptions", sa.Column("schedule", sa.Text(), nullable=False, server_default="")
    )
    for name in ("due_at", "owed_slot_at", "covered_until"):
        op.add_column("subscriptions", sa.Column(name, Moment, nullable=True))
    _write_schedules()
    op.execute("UPDATE subscriptions SET covered_until = last_slot_at")
    for name in ("kind", "hour", "minute", "weekday"):
        op.drop_column("subscriptions", name)
    op.create_index("ix_subscriptions_status_due_at", "subscriptions", ["status", "due_at"])
    op.create_table(
        "slots",
        sa.Column("subscription_id", Id, nullable=False),
        sa.Column("slot_at", Moment, nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recorded_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_slots_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", "slot_at", name=op.f("pk_slots")),
    )
    op.create_index("ix_told_story_id", "told", ["story_id"])
    _record_told_slots()


def _write_schedules() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(subscriptions)).all():
        day = "daily" if row.weekday is None else f"weekly {WEEKDAYS[row.weekday]}"
        words = f"{day} {row.hour:02}:{row.minute:02}"
        connection.execute(
            sa.update(subscriptions).where(subscriptions.c.id == row.id).values(schedule=words)
        )


def _record_told_slots() -> None:
    """Let the digests that were written count, so that no step of the clock repeats them."""
    op.execute(
        "INSERT INTO slots (subscription_id, slot_at, status, recorded_at) "
        "SELECT subscription_id, slot_at, 'on-time', MIN(created_at) "
        "FROM digests GROUP BY subscription_id, slot_at"
    )
