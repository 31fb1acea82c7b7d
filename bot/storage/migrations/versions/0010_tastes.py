"""Tastes of subscriptions, peripheral stories, and what was told at once."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("taste", sa.JSON(none_as_null=True), nullable=True))
    op.add_column(
        "subscriptions",
        sa.Column("breaking", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "stories", sa.Column("peripheral", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "broken",
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("story_id", ID, nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_broken_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["stories.id"],
            name=op.f("fk_broken_story_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", "story_id", name=op.f("pk_broken")),
    )
    op.create_index("ix_broken_story_id", "broken", ["story_id"])
