"""The meanings of texts, for tuning."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0310"
down_revision = "0330"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meaning",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_meaning")),
    )
    op.create_index(op.f("ix_meaning_made_at"), "meaning", ["made_at"])


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
