"""An entry is reported, a host is paused: the columns and tables say what they keep."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0290"
down_revision = "0240"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE entry RENAME COLUMN told_at TO reported_at")
    op.create_table(
        "host_pause",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_host_pause")),
    )
    op.execute("INSERT INTO host_pause (host, until_at) SELECT host, until_at FROM hold")
    op.drop_table("hold")


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
