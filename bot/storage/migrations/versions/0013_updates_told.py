"""How many updates of a story a destination was told."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("told", sa.Column("updates", sa.Integer(), server_default="0", nullable=False))
