"""Deliveries number their claims and may be notices; subscriptions say why they are paused."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DESTINATION = ["status", "platform", "workspace", "channel", "id"]


def upgrade() -> None:
    op.add_column(
        "deliveries", sa.Column("claims", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column(
        "deliveries", sa.Column("notice", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_index("ix_deliveries_destination", "deliveries", DESTINATION, unique=False)
    op.add_column("subscriptions", sa.Column("problem", sa.Text(), nullable=True))
