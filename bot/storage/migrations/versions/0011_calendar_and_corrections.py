"""Days of the calendar that were told, and corrections."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("stories", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("readings", sa.Column("parted_from", ID, nullable=True))
    op.add_column("deliveries", sa.Column("edits", ID, nullable=True))
    op.create_table(
        "occasions_told",
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("occasion", sa.String(length=120), nullable=False),
        sa.Column("slot_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_occasions_told_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", "occasion", name=op.f("pk_occasions_told")),
    )
    op.create_table(
        "corrections",
        sa.Column("id", ID, nullable=False),
        sa.Column("story_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("entry_id", ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=160), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rounds", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.id"], name=op.f("fk_corrections_story_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    op.create_index(op.f("ix_corrections_story_id"), "corrections", ["story_id"])
    op.create_table(
        "correction_notices",
        sa.Column("correction_id", ID, nullable=False),
        sa.Column("delivery_id", ID, nullable=False),
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("owed", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["corrections.id"],
            name=op.f("fk_correction_notices_correction_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_correction_notices_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_correction_notices_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("correction_id", "delivery_id", name=op.f("pk_correction_notices")),
    )
    for column in ("delivery_id", "subscription_id"):
        op.create_index(op.f(f"ix_correction_notices_{column}"), "correction_notices", [column])
