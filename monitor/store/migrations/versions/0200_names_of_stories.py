"""The names of stories. Those that were told already get theirs with their next alert."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0200"
down_revision = "0160"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("story", sa.Column("name", sa.Text(), nullable=False, server_default=""))
