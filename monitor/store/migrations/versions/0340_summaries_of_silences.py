"""A silence may tell in one summary, at its end, what it kept back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0340"
down_revision = "0320"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("silence", sa.Column("summary", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
