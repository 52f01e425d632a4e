"""The last good version of each rule, and what a running daemon finds wrong with its config."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0240"
down_revision = "0280"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rule_that_ran",
        sa.Column("rule_id", sa.Text(), primary_key=True),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("broken_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mistake", sa.Text(), nullable=False),
    )
    with op.batch_alter_table("daemon") as batch:
        batch.add_column(sa.Column("config", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("mistake", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("mistaken_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
