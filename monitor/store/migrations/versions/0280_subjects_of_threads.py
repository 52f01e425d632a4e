"""The subject of a thread's first message is kept: later messages answer it, for good."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0280"
down_revision = "0270"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("delivery") as batch:
        batch.add_column(sa.Column("subject", sa.Text(), nullable=False, server_default=""))
