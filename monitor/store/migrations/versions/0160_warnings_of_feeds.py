"""What was broken in a feed's last document and read all the same, and what of it the operator was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0160"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("feed") as batch:
        batch.add_column(sa.Column("warnings", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("warned", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
